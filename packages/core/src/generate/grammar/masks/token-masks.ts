import type { State, StateSpace } from './state-space.js';
import type { TokenTree } from './token-tree.js';

/** Bits of the tokens that may come at a state, end tokens left out. Not to be written into. */
export type TokenMasks = (state: State) => Int32Array;

const KEPT_MASKS = 192;

/** Masks of the states that were asked for last are kept. */
export function createTokenMasks(tree: TokenTree, space: StateSpace): TokenMasks {
  const kept = new Map<State, Int32Array>();
  let renewals = space.renewals;
  return (state) => {
    if (renewals !== space.renewals) kept.clear();
    renewals = space.renewals;
    const known = kept.get(state);
    const mask = known ?? maskOf(state, tree, space);
    if (known !== undefined) kept.delete(state);
    else if (kept.size >= KEPT_MASKS) kept.delete(kept.keys().next().value ?? state);
    kept.set(state, mask);
    return mask;
  };
}

/** The tree is walked with the states behind each depth; what begins with a dead end is passed over. */
export function maskOf(
  start: State,
  tree: TokenTree,
  space: StateSpace,
  mayEndAt: (state: State) => boolean = () => true,
): Int32Array {
  const { vocabulary, nodes, bytes, depths, tokens, ends } = tree;
  const mask = new Int32Array((vocabulary + 31) >> 5);
  const path: State[] = [start];
  for (let node = 0; node < nodes;) {
    const depth = depths[node]!;
    const from = path[depth - 1]!;
    const byte = bytes[node]!;
    let state = from.next[byte];
    if (state === undefined) state = space.step(from, byte);
    if (state === null) {
      node = ends[node]!;
      continue;
    }
    path[depth] = state;
    const token = tokens[node]!;
    if (token >= 0 && mayEndAt(state)) mask[token >> 5]! |= 1 << (token & 31);
    node++;
  }
  return mask;
}
