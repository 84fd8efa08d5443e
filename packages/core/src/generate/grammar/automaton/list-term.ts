import { at, blurred, FAR, leave, less, type Position, type Term } from './position.js';

const OPEN = 0;
const FIRST = 1;
const BEHIND_ITEM = 2;
const BEHIND_COMMA = 3;
const MODES = 4;

const OPENING = 0x5b;
const CLOSING = 0x5d;
const COMMA = 0x2c;
const SPACE = 0x20;

/**
 * A JSON array: `a` items must still come, `b` may. The mode counts items in front in steps of `MODES`, as far as they
 * have shapes of their own.
 */
export function listTerm(
  id: number,
  { prefix, item, least, most }: { prefix: readonly Term[]; item: Term | undefined; least: number; most: number },
): Term {
  const mode = (what: number, index: number): number => what + MODES * index;
  const enterItem = ({ mode: from, a, b, next }: Position, out: Position[]): void => {
    const index = Math.floor(from / MODES);
    const each = prefix[index] ?? item;
    if (each === undefined || b === 0) return;
    const behind = Math.min(index + 1, prefix.length);
    each.enter(at(term, next, mode(BEHIND_ITEM, behind), a === 0 ? 0 : less(a), less(b)), out);
  };
  /** Of so many items from one on, each with the comma in front of it. */
  const ofItems = (from: number, count: number): number => {
    let tokens = 0;
    const others = Math.max(0, count - Math.max(0, prefix.length - from));
    for (let i = from; i < Math.min(from + count, prefix.length); i++) tokens += 1 + prefix[i]!.fewestTokens;
    return others === 0 ? tokens : tokens + others * (1 + (item?.fewestTokens ?? Infinity));
  };
  const term: Term = {
    id,
    fewestTokens: Infinity,
    settle() {
      term.fewestTokens = 2 + Math.max(0, ofItems(0, least) - 1);
    },
    tokensLeft({ mode: from, a }) {
      const index = Math.floor(from / MODES);
      switch (from % MODES) {
        case OPEN:
          return term.fewestTokens;
        case FIRST:
          return 1;
        case BEHIND_ITEM:
          return ofItems(index, a) + 1;
        default:
          // The space in place of the comma.
          return ofItems(index, Math.max(1, a)) + 1;
      }
    },
    enter: (next, out) => void out.push(at(term, next, OPEN, least, most)),
    /** Behind an item: the comma and the bracket are looked for from one position. */
    resume: (position, out) => void out.push(position),
    step(position, byte, out) {
      const { mode: from, a, b, next } = position;
      const index = Math.floor(from / MODES);
      switch (from % MODES) {
        case OPEN: {
          if (byte !== OPENING) return;
          const first = at(term, next, mode(FIRST, index), a, b);
          if (a === 0) out.push(first);
          return enterItem(first, out);
        }
        case FIRST:
          return byte === CLOSING ? leave(position, out) : undefined;
        case BEHIND_ITEM: {
          if (byte === CLOSING) return a === 0 ? leave(position, out) : undefined;
          if (byte !== COMMA || b === 0 || (index >= prefix.length && item === undefined)) return;
          const behind = at(term, next, mode(BEHIND_COMMA, index), a, b);
          out.push(behind);
          return enterItem(behind, out);
        }
        case BEHIND_COMMA:
          return byte === SPACE ? enterItem(position, out) : undefined;
      }
    },
    blur({ mode: from, a, b, next }, { items }) {
      if (from < MODES * prefix.length) return at(term, next, from, a, b);
      return at(term, next, from, blurred(a, items), b === FAR ? b : blurred(b, items));
    },
  };
  return term;
}
