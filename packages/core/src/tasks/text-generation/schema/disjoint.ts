import { fits } from './fits.js';
import type { Shape } from './shape.js';

/** Whether certainly no value is of both: by type, by fixed values, or by a property that both require. */
export function disjoint(a: Shape, b: Shape, depth = 0): boolean {
  // References may come back to where they began.
  if (depth > 8) return false;
  if (a.kind === 'reference') return disjoint(a.target(), b, depth + 1);
  if (b.kind === 'reference') return disjoint(a, b.target(), depth + 1);
  if (a.kind === 'choice') return a.options.every((option) => disjoint(option, b, depth + 1));
  if (b.kind === 'choice') return b.options.every((option) => disjoint(a, option, depth + 1));
  if (a.kind === 'any' || b.kind === 'any') return false;
  if (a.kind === 'literals') return a.values.every((value) => !fits(b, value));
  if (b.kind === 'literals') return b.values.every((value) => !fits(a, value));
  if (a.kind === 'object' && b.kind === 'object')
    return a.properties.some(
      ({ name, required, shape }) =>
        required &&
        b.properties.some((other) => other.name === name && other.required && disjoint(shape, other.shape, depth + 1)),
    );
  return typeOf(a.kind) !== typeOf(b.kind);
}

function typeOf(kind: Shape['kind']): string {
  return kind === 'integer' ? 'number' : kind;
}
