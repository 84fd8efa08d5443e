import type { Shape } from './shape.js';

/** Shapes of which there is a finite value. Others can be begun and never ended. */
export type CanEnd = (shape: Shape) => boolean;

/** Least fixpoint over the references below a shape: one that needs itself never ends. */
export function createCanEnd(root: Shape): CanEnd {
  const ending = new Set<string>();
  const canEnd: CanEnd = (shape) => {
    switch (shape.kind) {
      case 'reference':
        return ending.has(shape.pointer);
      case 'choice':
        return shape.options.some(canEnd);
      case 'array':
        return shape.least === 0 || itemsOf(shape).every(canEnd);
      case 'object':
        return shape.properties.every((property) => !property.required || canEnd(property.shape));
      default:
        return true;
    }
  };
  const targets = referencesBelow(root);
  for (let before = -1; before !== ending.size;) {
    before = ending.size;
    for (const [pointer, target] of targets) if (canEnd(target)) ending.add(pointer);
  }
  return canEnd;
}

/** What an array of the least length holds. */
function itemsOf({ prefix, items, least }: Extract<Shape, { kind: 'array' }>): readonly Shape[] {
  return [...prefix.slice(0, least), ...(least > prefix.length && items !== undefined ? [items] : [])];
}

function childrenOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'reference':
      return [shape.target()];
    case 'choice':
      return shape.options;
    case 'array':
      return shape.items === undefined ? shape.prefix : [...shape.prefix, shape.items];
    case 'object':
      return [
        ...shape.properties.map((property) => property.shape),
        ...(shape.others === undefined ? [] : [shape.others]),
      ];
    default:
      return [];
  }
}

export function referencesBelow(root: Shape): ReadonlyMap<string, Shape> {
  const targets = new Map<string, Shape>();
  const visit = (shape: Shape): void => {
    if (shape.kind === 'reference') {
      if (targets.has(shape.pointer)) return;
      targets.set(shape.pointer, shape.target());
    }
    childrenOf(shape).forEach(visit);
  };
  visit(root);
  return targets;
}
