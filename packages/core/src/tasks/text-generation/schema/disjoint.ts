import { fits } from './fits.js';
import type { Shape } from './shape.js';

/** Whether certainly no value is of both: by type, by fixed values, or by a property that both require. */
export function disjoint(a: Shape, b: Shape): boolean {
  /** References may come back to where they began, and branches to the same ones: what is asked again is not known. */
  const known = new Map<Shape, Map<Shape, boolean>>();
  const visit = (one: Shape, other: Shape, depth: number): boolean => {
    if (depth > MAX_DEPTH) return false;
    let ofOne = known.get(one);
    if (ofOne === undefined) known.set(one, (ofOne = new Map()));
    const answer = ofOne.get(other);
    if (answer !== undefined) return answer;
    ofOne.set(other, false);
    const found = areDisjoint(one, other, (first, second) => visit(first, second, depth + 1));
    ofOne.set(other, found);
    return found;
  };
  return visit(a, b, 0);
}

const MAX_DEPTH = 128;

function areDisjoint(a: Shape, b: Shape, visit: (a: Shape, b: Shape) => boolean): boolean {
  if (a.kind === 'reference') return visit(a.target(), b);
  if (b.kind === 'reference') return visit(a, b.target());
  if (a.kind === 'choice') return a.options.every((option) => visit(option, b));
  if (b.kind === 'choice') return b.options.every((option) => visit(a, option));
  if (a.kind === 'any' || b.kind === 'any') return false;
  if (a.kind === 'literals') return a.values.every((value) => !fits(b, value));
  if (b.kind === 'literals') return b.values.every((value) => !fits(a, value));
  if (a.kind === 'object' && b.kind === 'object')
    return a.properties.some(
      ({ name, required, shape }) =>
        required && b.properties.some((other) => other.name === name && other.required && visit(shape, other.shape)),
    );
  return typeOf(a.kind) !== typeOf(b.kind);
}

function typeOf(kind: Shape['kind']): string {
  return kind === 'integer' ? 'number' : kind;
}
