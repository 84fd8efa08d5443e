import type { Automaton } from '../../../tasks/text-generation/regular/automaton.js';
import type { TokenCounts } from './token-counts.js';

/** Some texts in UTF-8, word for word: a tree of their bytes. */
export function literalAutomaton(texts: readonly string[]): Automaton {
  const children: Map<number, number>[] = [new Map()];
  const ends = new Set<number>();
  const utf8 = new TextEncoder();
  for (const text of texts) {
    let node = 0;
    for (const byte of utf8.encode(text)) {
      const known = children[node]!.get(byte);
      const to = known ?? children.push(new Map()) - 1;
      if (known === undefined) children[node]!.set(byte, to);
      node = to;
    }
    ends.add(node);
  }
  return {
    start: 0,
    states: children.length,
    step: (node, byte) => children[node]!.get(byte) ?? -1,
    accepts: (node) => ends.has(node),
    goesOn: (node) => children[node]!.size > 0,
  };
}

/** Fewest tokens from each state to the end of one of the texts that the automaton was made of. */
export function literalTokensLeft(
  texts: readonly string[],
  { start, step }: Automaton,
  { ofBytes }: TokenCounts,
): (state: number) => number {
  const utf8 = new TextEncoder();
  const left = new Map<number, number>();
  for (const text of texts) {
    const bytes = utf8.encode(text);
    let state = start;
    for (const [i, tokens] of ofBytes(bytes).entries()) {
      left.set(state, Math.min(left.get(state) ?? Infinity, tokens));
      if (i < bytes.length) state = step(state, bytes[i]!);
    }
  }
  return (state) => left.get(state) ?? Infinity;
}
