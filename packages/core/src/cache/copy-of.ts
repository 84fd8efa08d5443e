/**
 * One of its own, down to its last list: an answer is computed or read once and given to many, each of whom may change it.
 * @param value plain data and lists of numbers, as answers are made of
 */
export const copyOf = <T>(value: T): T => copied(value) as T;

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
