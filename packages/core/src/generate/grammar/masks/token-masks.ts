import type { State, StateSpace } from './state-space.js';
import type { TokenOrder } from './token-order.js';

/** Bits of the tokens that may come at a state, end tokens left out. Not to be written into. */
export type TokenMasks = (state: State) => Int32Array;

const KEPT_MASKS = 512;

/** Masks of the states that were asked for last are kept. */
export function createTokenMasks(order: TokenOrder, space: StateSpace): TokenMasks {
  const kept = new Map<State, Int32Array>();
  return (state) => {
    const known = kept.get(state);
    const mask = known ?? maskOf(state, order, space);
    if (known !== undefined) kept.delete(state);
    else if (kept.size >= KEPT_MASKS) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
    kept.set(state, mask);
    return mask;
  };
}

/** Every token is gone through from where it differs from the one before it; what begins with a dead end is passed. */
function maskOf(
  start: State,
  { vocabulary, tokens, bytes, shared, firsts }: TokenOrder,
  space: StateSpace,
): Int32Array {
  const mask = new Int32Array((vocabulary + 31) >> 5);
  /** States behind each number of bytes of the token at hand. */
  const path: State[] = [start];
  for (let first = 0; first < 256; first++) {
    const [from, to] = [firsts[first]!, firsts[first + 1]!];
    if (from === to || space.step(start, first) === null) continue;
    /** Bytes that lead somewhere: those with more in common with a dead end are dead, too. */
    let alive = 0;
    for (let i = from; i < to; i++) {
      const common = i === from ? 0 : shared[i]!;
      if (common > alive) continue;
      const token = bytes[i]!;
      let state: State | null = path[common]!;
      let length = common;
      while (length < token.length) {
        state = space.step(path[length]!, token[length]!);
        if (state === null) break;
        path[++length] = state;
      }
      alive = length;
      if (state !== null) mask[tokens[i]! >> 5]! |= 1 << (tokens[i]! & 31);
    }
  }
  return mask;
}
