import type { Entry } from './entry-schema.js';

/** One of its own, down to its last list: an entry is read once and given to many, each of whom may change it. */
export const copyEntry = (entry: Entry): Entry => copied(entry) as Entry;

/** Plain data and lists of numbers, as entries are made of. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return typeof value[0] === 'object' ? value.map(copied) : value.slice();
  if (value instanceof Float64Array || value instanceof Float32Array) return value.slice();
  const copy: Record<string, unknown> = { ...value };
  for (const name in copy) {
    const each = copy[name];
    if (typeof each === 'object') copy[name] = copied(each);
  }
  return copy;
}
