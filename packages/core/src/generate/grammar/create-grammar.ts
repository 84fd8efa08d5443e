import { END, type Position, type Term } from './automaton/position.js';
import type { Grammar, GrammarState, TokenBytes } from './grammar.js';
import { createStateSpace } from './masks/state-space.js';
import { createTokenMasks } from './masks/token-masks.js';
import type { TokenTree } from './masks/token-tree.js';

/** Masks are shared by all sequences of it. */
export function createGrammar(root: Term, { bytesOf, endTokens }: TokenBytes, trees: readonly TokenTree[]): Grammar {
  const parts = trees.map((tree) => {
    const space = createStateSpace(tree.bounds);
    return { space, masks: createTokenMasks(tree, space) };
  });
  const ends = new Set(endTokens);

  const stateAt = (begin: readonly Position[]): GrammarState => {
    let positions = begin;
    return {
      mask(into) {
        into.fill(0);
        for (const { space, masks } of parts) {
          const mask = masks(space.of(positions));
          for (let word = 0; word < mask.length; word++) into[word]! |= mask[word]!;
        }
        if (isComplete(positions)) for (const token of endTokens) into[token >> 5]! |= 1 << (token & 31);
        return true;
      },
      accept(token) {
        if (ends.has(token)) return isComplete(positions);
        const bytes = bytesOf(token);
        if (bytes === undefined) return false;
        let at = positions;
        for (const byte of bytes) {
          at = stepped(at, byte);
          if (at.length === 0) return false;
        }
        positions = at;
        return true;
      },
      get isComplete() {
        return isComplete(positions);
      },
      get isOver() {
        return positions.every(({ term }) => term === END.term);
      },
      copy: () => stateAt(positions),
    };
  };
  return {
    start() {
      const begin: Position[] = [];
      root.enter(END, begin);
      return stateAt(begin);
    },
  };
}

function isComplete(positions: readonly Position[]): boolean {
  return positions.some(({ term }) => term === END.term);
}

function stepped(positions: readonly Position[], byte: number): readonly Position[] {
  const out: Position[] = [];
  for (const position of positions) position.term.step(position, byte, out);
  return out.length < 2 ? out : distinct(out);
}

/** Where branches meet again they are one: else they would double with every item. */
function distinct(positions: readonly Position[]): readonly Position[] {
  const kept: Position[] = [];
  for (const position of positions) if (!kept.some((each) => isSame(each, position))) kept.push(position);
  return kept;
}

function isSame(one: Position, other: Position): boolean {
  return (
    one === other ||
    (one.term === other.term &&
      one.mode === other.mode &&
      one.a === other.a &&
      one.b === other.b &&
      one.next === other.next)
  );
}
