import { SchemaRefusal } from './schema-refusal.js';
import type { Shape } from './shape.js';

/** A reference to a reference to itself is no schema: it would be looked up for ever. */
export function refuseEndlessAliases(references: ReadonlyMap<string, Shape>): void {
  const aliased = (shape: Shape): readonly string[] => {
    if (shape.kind === 'reference') return [shape.pointer];
    return shape.kind === 'choice' ? shape.options.flatMap(aliased) : [];
  };
  for (const start of references.keys()) {
    const seen = new Set<string>();
    const open = [start];
    for (let pointer = open.pop(); pointer !== undefined; pointer = open.pop()) {
      for (const next of aliased(references.get(pointer)!)) {
        if (next === start) throw new SchemaRefusal(start, 'it refers to itself with nothing in between');
        if (!seen.has(next)) open.push(next);
        seen.add(next);
      }
    }
  }
}
