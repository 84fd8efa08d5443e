import { at, blurred, leave, less, type Position, type Term } from './position.js';
import { literalAutomaton } from './literal-automaton.js';
import { BOUNDARY, utf8Left, utf8Step } from './utf8-step.js';

const OPEN = 0;
const FIRST = 1;
const BEHIND_VALUE = 2;
const BEHIND_COMMA = 3;
const KEY = 4;
const BEHIND_KEY = 5;
const OTHER_OPEN = 6;
const BEHIND_OTHER = 7;
const OTHER_COLON = 8;
/** Inside the name of another property, with the mode of UTF-8 added: `a` is how far it is one of the named. */
const OTHER_NAME = 16;

const OPENING = 0x7b;
const CLOSING = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MAX_NAME = 64;
/** Of the automaton of names: it is none of them. */
const NO_STATE = -1;

export interface Property {
  /** With its quotes, as JSON writes it, and the colon. */
  readonly key: Uint8Array;
  /** Fewest tokens from each of its bytes on. */
  readonly keyTokens: readonly number[];
  readonly name: string;
  readonly value: Term;
  readonly required: boolean;
}

/**
 * A JSON object. Named properties come in their order, others behind them: `a` is the next that may come. `b` counts
 * bytes of a key that were read, or others that may still come.
 */
export function recordTerm(
  id: number,
  { properties, other, mostOthers }: { properties: readonly Property[]; other: Term | undefined; mostOthers: number },
): Term {
  const names = literalAutomaton(properties.map(({ name }) => name));
  const lastRequired = properties.findLastIndex(({ required }) => required);
  const enterKeys = (next: Position | undefined, a: number, b: number, out: Position[]): void => {
    for (let i = a; i < properties.length; i++) {
      out.push(at(term, keep(next, i, b), KEY, i, 0));
      if (properties[i]!.required) return;
    }
    if (other !== undefined && b > 0) out.push(at(term, next, OTHER_OPEN, properties.length, b));
  };
  /** What comes behind the value of property `i`: others that may come are remembered there. */
  const keep = (next: Position | undefined, i: number, b: number): Position => at(term, next, BEHIND_VALUE, i + 1, b);
  const own = ({ keyTokens, value }: Property): number => keyTokens[0]! + value.fewestTokens;
  /** By the next property that may come: what must still come, each with the comma in front of it. */
  let needed: readonly number[] = [];
  /** By the next property that may come: from the beginning of a key that may come now, others left out. */
  let fromKey: readonly number[] = [];
  const fromOther = (): number => 3 + longerName(names.start) + (other?.fewestTokens ?? Infinity);
  const tokensFromKey = (a: number, b: number): number =>
    b > 0 && a > lastRequired ? Math.min(fromKey[a]!, fromOther()) : fromKey[a]!;
  /** Characters that a name takes to be none of the named properties. */
  const longerName = (state: number): number => {
    if (state === NO_STATE || !names.accepts(state)) return 0;
    for (let byte = SPACE; byte < 0x7f; byte++) {
      if (byte === QUOTE || byte === BACKSLASH) continue;
      const next = names.step(state, byte);
      if (next === NO_STATE || !names.accepts(next)) return 1;
    }
    return 2;
  };
  const term: Term = {
    id,
    fewestTokens: Infinity,
    settle() {
      const [behind, keys] = [[0], [Infinity]];
      for (const property of properties.toReversed()) {
        const key = own(property) + behind[0]!;
        keys.unshift(property.required ? key : Math.min(key, keys[0]!));
        behind.unshift(behind[0]! + (property.required ? 1 + own(property) : 0));
      }
      [needed, fromKey] = [behind, keys];
      term.fewestTokens = lastRequired < 0 ? 2 : 2 + fromKey[0]!;
    },
    tokensLeft({ mode, a, b }) {
      switch (mode) {
        case OPEN:
          return term.fewestTokens;
        case FIRST:
          return 1;
        case BEHIND_VALUE:
          return needed[a]! + 1;
        case BEHIND_COMMA:
          return 1 + tokensFromKey(a, b) + 1;
        case KEY:
          return properties[a]!.keyTokens[b]! + properties[a]!.value.fewestTokens;
        case BEHIND_KEY:
          return 1 + properties[a]!.value.fewestTokens;
        case OTHER_OPEN:
          return fromOther() + 1;
        case OTHER_COLON:
        case BEHIND_OTHER:
          return 1 + other!.fewestTokens;
        default: {
          const utf8 = mode - OTHER_NAME;
          // Which character it will be is not known yet: two more make any name another.
          const longer = utf8 === BOUNDARY ? longerName(a) : a === NO_STATE ? 0 : 2;
          if (b - (utf8 === BOUNDARY ? 0 : 1) < longer) return Infinity;
          return utf8Left(utf8) + longer + 2 + other!.fewestTokens;
        }
      }
    },
    enter: (next, out) => void out.push(at(term, next, OPEN, 0, mostOthers)),
    resume: (position, out) => void out.push(position),
    step(position, byte, out) {
      const { mode, a, b, next } = position;
      switch (mode) {
        case OPEN:
          if (byte !== OPENING) return;
          if (lastRequired < 0) out.push(at(term, next, FIRST, 0, b));
          return enterKeys(next, 0, b, out);
        case FIRST:
          return byte === CLOSING ? leave(position, out) : undefined;
        case BEHIND_VALUE:
          if (byte === CLOSING) return lastRequired < a ? leave(position, out) : undefined;
          if (byte !== COMMA || (a >= properties.length && (other === undefined || b === 0))) return;
          out.push(at(term, next, BEHIND_COMMA, a, b));
          return enterKeys(next, a, b, out);
        case BEHIND_COMMA:
          return byte === SPACE ? enterKeys(next, a, b, out) : undefined;
        case KEY: {
          const { key, value } = properties[a]!;
          if (byte !== key[b]) return;
          if (b + 1 < key.length) return void out.push(at(term, next, KEY, a, b + 1));
          out.push(at(term, next, BEHIND_KEY, a, 0));
          return value.enter(next!, out);
        }
        case BEHIND_KEY:
          return byte === SPACE ? properties[a]!.value.enter(next!, out) : undefined;
        case OTHER_OPEN:
          if (byte === QUOTE)
            out.push(at(term, keep(next, properties.length - 1, less(b)), OTHER_NAME, names.start, MAX_NAME));
          return;
        case OTHER_COLON:
          if (byte !== COLON) return;
          out.push(at(term, next, BEHIND_OTHER));
          return other!.enter(next!, out);
        case BEHIND_OTHER:
          return byte === SPACE ? other!.enter(next!, out) : undefined;
        default: {
          // Names of others are without escapes, so that none is a named property written in another way.
          const utf8 = mode - OTHER_NAME;
          if (utf8 === BOUNDARY && byte === QUOTE)
            return a === NO_STATE || !names.accepts(a) ? void out.push(at(term, next, OTHER_COLON)) : undefined;
          if (utf8 === BOUNDARY && (b === 0 || byte < SPACE || byte === BACKSLASH)) return;
          const to = utf8Step(utf8, byte);
          if (to === -1) return;
          const name = a === NO_STATE ? NO_STATE : names.step(a, byte);
          const left = to === BOUNDARY ? less(b) : b;
          // The longest name that may be written is none of the named ones: it could not end.
          if (left === 0 && name !== NO_STATE && names.accepts(name)) return;
          out.push(at(term, next, OTHER_NAME + to, name, left));
        }
      }
    },
    blur(position, { bytes, items }) {
      const { mode, a, b, next } = position;
      if (mode >= OTHER_NAME) return at(term, next, mode, a, blurred(b, bytes));
      return mode <= BEHIND_COMMA || mode === OTHER_OPEN ? at(term, next, mode, a, blurred(b, items)) : position;
    },
  };
  return term;
}
