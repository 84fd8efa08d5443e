import type { Span } from './span.js';

/** Room for every UTF-16 code unit. */
const UNITS = 0x10000;

/**
 * Finds every place where one of several values stands, in time linear in values and text together: the automaton of
 * Aho and Corasick (1975).
 * @param values with the kind of each
 */
export function valueFinder(values: ReadonlyMap<string, string>): (text: string) => Span[] {
  const steps = new Map<number, number>();
  /** Of each node: the node of its longest proper suffix, and the value that ends there. */
  const shorter = [0];
  const ends: (string | undefined)[] = [undefined];
  const parents: { node: number; unit: number }[] = [{ node: 0, unit: 0 }];

  for (const value of values.keys()) {
    let node = 0;
    for (let index = 0; index < value.length; index += 1) {
      const unit = value.charCodeAt(index);
      const known = steps.get(node * UNITS + unit);
      if (known === undefined) {
        steps.set(node * UNITS + unit, ends.length);
        parents.push({ node, unit });
        shorter.push(0);
        ends.push(undefined);
      }
      node = known ?? ends.length - 1;
    }
    ends[node] = value;
  }
  const follow = (from: number, unit: number): number => {
    for (let node = from; ; node = shorter[node] ?? 0) {
      const next = steps.get(node * UNITS + unit);
      if (next !== undefined) return next;
      if (node === 0) return 0;
    }
  };
  for (const node of breadthFirst(parents)) {
    const { node: parent, unit } = parents[node] ?? { node: 0, unit: 0 };
    if (parent !== 0) shorter[node] = follow(shorter[parent] ?? 0, unit);
    // A longer value covers a shorter one that ends with it.
    ends[node] ??= ends[shorter[node] ?? 0];
  }

  return (text) => {
    const spans: Span[] = [];
    let node = 0;
    for (let index = 0; index < text.length; index += 1) {
      node = follow(node, text.charCodeAt(index));
      const value = ends[node];
      if (value !== undefined) {
        spans.push({ start: index + 1 - value.length, end: index + 1, kind: values.get(value) ?? '' });
      }
    }
    return spans;
  };
}

/** Nodes by depth, without the root. */
function breadthFirst(parents: readonly { readonly node: number }[]): number[] {
  const depths: number[] = [0];
  for (let node = 1; node < parents.length; node += 1) depths.push((depths[parents[node]?.node ?? 0] ?? 0) + 1);
  const levels: number[][] = [];
  for (let node = 1; node < depths.length; node += 1) (levels[depths[node] ?? 0] ??= []).push(node);
  return levels.flat();
}
