import { isRecord } from '../../tasks/text-generation/is-record.js';
import type { TemplateClass } from '../text-host.js';

/** Far more than a chat at its bound takes of a template that walks over it a few times. */
const MAX_BLOCKS = 20_000;
const MAX_RANGE = 100_000;
const RANGE = 'bounded_range';

/** Renders, and throws where a template goes on and on: one that comes with a model is not trusted with a thread. */
export function createBoundedTemplate(
  Template: TemplateClass,
  source: string,
): (values: Readonly<Record<string, unknown>>) => string {
  const template = new Template(source);
  let blocks = 0;
  const count = (): void => {
    if (++blocks > MAX_BLOCKS) throw new Error('it takes too many steps');
  };
  bound(template.parsed, count);
  return (values) => {
    blocks = 0;
    return template.render({ ...values, [RANGE]: range });
  };
}

/**
 * Bodies of loops and macros are lists of statements, which are walked over each time that one is gone through. The
 * library's own `range` fills the memory with whatever number it is given, and its name cannot be given again.
 */
function bound(node: unknown, count: () => void): void {
  if (Array.isArray(node)) for (const each of node) bound(each, count);
  if (!isRecord(node)) return;
  if (node['type'] === 'Identifier' && node['value'] === 'range') Object.assign(node, { value: RANGE });
  for (const [key, value] of Object.entries(node)) {
    // Names of fields and of arguments are no variables.
    if (key !== 'property' && key !== 'key') bound(value, count);
    if (key !== 'body' || !Array.isArray(value)) continue;
    Object.defineProperty(value, Symbol.iterator, {
      value(this: unknown[]): IterableIterator<unknown> {
        count();
        return Array.prototype.values.call(this);
      },
    });
  }
}

function range(first: number, last?: number, step = 1): number[] {
  const [from, to] = last === undefined ? [0, first] : [first, last];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= MAX_RANGE)) throw new Error('a range is too long');
  return Array.from({ length }, (_, i) => from + i * step);
}
