import { isTensor } from './transformers-library.js';

/** Results nest a few levels; deeper ones are none. */
const DEEPEST = 16;

/** What a pipeline gave as data that crosses to another thread: tensors as nested lists, nothing that can be called. */
export function plainData(value: unknown, depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || depth > DEEPEST) return undefined;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (isTensor(value)) return value.tolist();
  if (Array.isArray(value)) return value.map((each) => plainData(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainData(each, depth + 1)]));
}
