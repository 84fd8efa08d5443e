import { printable } from './escape-html.js';

const MOST = 34;

/** What a plot has room for; tables have all of it. */
export function shortName(name: string): string {
  const characters = [...printable(name).replace(/\s+/g, ' ')];
  return characters.length <= MOST ? characters.join('') : `${characters.slice(0, MOST - 1).join('')}…`;
}
