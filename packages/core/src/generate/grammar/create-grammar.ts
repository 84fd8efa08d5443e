import { END, MOST_PLACES, type Position, type Term } from './automaton/position.js';
import type { TokenCounts } from './automaton/token-counts.js';
import { tokensLeftFrom } from './automaton/tokens-left.js';
import type { Grammar, GrammarState, TokenBytes } from './grammar.js';
import { createStateSpace } from './masks/state-space.js';
import { createTokenMasks, maskOf } from './masks/token-masks.js';
import type { TokenTree } from './masks/token-tree.js';

const EXACT = { bytes: Infinity, items: Infinity };
const UTF8 = new TextEncoder();

/** Masks are shared by all sequences of it. */
export function createGrammar({
  root,
  tokens: { bytesOf, endTokens },
  trees,
  counts,
}: {
  readonly root: Term;
  readonly tokens: TokenBytes;
  readonly trees: readonly TokenTree[];
  readonly counts: TokenCounts;
}): Grammar {
  const parts = trees.map((tree) => {
    const space = createStateSpace(tree.bounds);
    return { space, masks: createTokenMasks(tree, space) };
  });
  const ends = new Set(endTokens);
  const left = tokensLeftFrom();
  const tokensLeft = (positions: readonly Position[]): number => (counts.areKnown ? left(positions) : 0);

  const stateAt = (begin: readonly Position[]): GrammarState => {
    let positions = begin;
    /** What was asked about last is what is accepted next. */
    let asked: { readonly token: number; readonly behind: readonly Position[] } | undefined;
    const behind = (token: number): readonly Position[] => {
      if (asked?.token === token) return asked.behind;
      const bytes = bytesOf(token);
      asked = { token, behind: bytes === undefined ? [] : steppedOver(positions, bytes) };
      return asked.behind;
    };
    const go = (to: readonly Position[]): boolean => {
      asked = undefined;
      if (to.length > 0) positions = to;
      return to.length > 0;
    };
    const addEnds = (into: Int32Array): void => {
      if (isComplete(positions)) for (const token of endTokens) into[token >> 5]! |= 1 << (token & 31);
    };
    return {
      mask(into) {
        into.fill(0);
        for (const { space, masks } of parts) add(into, masks(space.of(positions)));
        addEnds(into);
        return true;
      },
      maskWithin(into, tokens) {
        into.fill(0);
        const space = createStateSpace(EXACT);
        const start = space.of(positions);
        for (const tree of trees)
          add(
            into,
            maskOf(start, tree, space, (state) => tokensLeft(state.positions) < tokens),
          );
        addEnds(into);
      },
      fits(token, tokens) {
        if (ends.has(token)) return true;
        const to = behind(token);
        return to.length > 0 && tokensLeft(to) < tokens;
      },
      accept: (token) => (ends.has(token) ? isComplete(positions) : go(behind(token))),
      acceptText: (text) => text === '' || go(steppedOver(positions, UTF8.encode(text))),
      get tokensLeft() {
        return tokensLeft(positions);
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

function add(into: Int32Array, mask: Int32Array): void {
  for (let word = 0; word < mask.length; word++) into[word]! |= mask[word]!;
}

function isComplete(positions: readonly Position[]): boolean {
  return positions.some(({ term }) => term === END.term);
}

/** @returns none when one of the bytes may not come */
function steppedOver(positions: readonly Position[], bytes: Uint8Array): readonly Position[] {
  let at = positions;
  for (const byte of bytes) {
    at = stepped(at, byte);
    if (at.length === 0) break;
  }
  return at;
}

function stepped(positions: readonly Position[], byte: number): readonly Position[] {
  const out: Position[] = [];
  for (const position of positions) position.term.step(position, byte, out);
  return out.length < 2 ? out : distinct(out);
}

/** Where branches meet again they are one: else they would double with every item. */
function distinct(positions: readonly Position[]): readonly Position[] {
  const kept: Position[] = [];
  const byNext = new Map<Position | undefined, Position[]>();
  for (const position of positions) {
    const beside = byNext.get(position.next) ?? [];
    if (beside.some((each) => isSame(each, position))) continue;
    byNext.set(position.next, beside);
    beside.push(position);
    kept.push(position);
    if (kept.length === MOST_PLACES) break;
  }
  return kept;
}

/** Of two that go on alike. */
function isSame(one: Position, other: Position): boolean {
  return (
    one === other || (one.term === other.term && one.mode === other.mode && one.a === other.a && one.b === other.b)
  );
}
