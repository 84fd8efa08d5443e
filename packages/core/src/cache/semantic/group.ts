import { GUARD_VERSION } from '../guard/guard-version.js';
import { SCORE_VERSION } from './score.js';

/** Whose certificate is one: questions of a task and a domain, seen by one encoder. */
export interface Group {
  readonly task: string;
  readonly domain: string | undefined;
  readonly encoder: string;
}

/** As rows and notes name it; another version of the guard or the score is another group. */
export const groupOf = ({ task, domain, encoder }: Group): string =>
  JSON.stringify([task, domain ?? null, encoder, GUARD_VERSION, SCORE_VERSION]);

/** @returns undefined where it is of another version, or no group at all */
export function readGroup(name: string): Group | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(name);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [task, domain, encoder] = parts as readonly unknown[];
  if (typeof task !== 'string' || typeof encoder !== 'string') return undefined;
  if (domain !== null && typeof domain !== 'string') return undefined;
  const group = { task, domain: domain ?? undefined, encoder };
  return groupOf(group) === name ? group : undefined;
}

/** Labels come again, texts hardly ever do. */
export const answersOf = (task: string): 'labels' | 'texts' => (task === 'text-generation' ? 'texts' : 'labels');
