import { at, blurred, leave, less, type Term } from './position.js';
import type { TokenCounts } from './token-counts.js';
import { BOUNDARY, utf8Left, utf8Step } from './utf8-step.js';

/** Behind the modes of UTF-8: in front of the text, and inside an escape. */
const OPEN = 8;
const ESCAPE = 9;
const HEX = 10;
const HEX_AFTER_D = 14;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const SHORT_ESCAPES = new Set([QUOTE, BACKSLASH, ...[...'/bfnrt'].map((character) => character.charCodeAt(0))]);

/**
 * A JSON string with counted code points: `a` of them must still come, `b` may. Surrogates are written as UTF-8, not
 * as escapes, so that each escape is one code point.
 */
export function textTerm(id: number, least: number, most: number, { ofCharacters }: TokenCounts): Term {
  const term: Term = {
    id,
    fewestTokens: 2 + ofCharacters(least),
    settle: () => undefined,
    tokensLeft({ mode, a }) {
      if (mode === BOUNDARY) return ofCharacters(a) + 1;
      if (mode === OPEN) return ofCharacters(a) + 2;
      return inCharacter(mode) + ofCharacters(Math.max(0, a - 1)) + 1;
    },
    enter: (next, out) => void out.push(at(term, next, OPEN, least, most)),
    resume: () => undefined,
    step(position, byte, out) {
      const { mode, a, b, next } = position;
      const go = (to: number): void => void out.push(at(term, next, to, a, b));
      const counted = (): void => void out.push(at(term, next, BOUNDARY, a === 0 ? 0 : less(a), less(b)));
      if (mode === OPEN) return byte === QUOTE ? go(BOUNDARY) : undefined;
      if (mode === ESCAPE) {
        if (byte === LETTER_U) return go(HEX);
        return SHORT_ESCAPES.has(byte) ? counted() : undefined;
      }
      if (mode >= HEX) {
        if (!isHex(byte) || (mode === HEX_AFTER_D && byte > 0x37)) return;
        if (mode === HEX) return go((byte | 0x20) === 0x64 ? HEX_AFTER_D : HEX + 1);
        if (mode === HEX_AFTER_D) return go(HEX + 2);
        return mode === HEX + 3 ? counted() : go(mode + 1);
      }
      if (mode === BOUNDARY) {
        if (byte === QUOTE) return a === 0 ? leave(position, out) : undefined;
        if (b === 0 || byte < 0x20) return;
        if (byte === BACKSLASH) return go(ESCAPE);
      }
      const to = utf8Step(mode, byte);
      if (to === BOUNDARY) counted();
      else if (to !== -1) go(to);
    },
    blur: ({ mode, a, b, next }, { bytes }) => at(term, next, mode, blurred(a, bytes), blurred(b, bytes)),
  };
  return term;
}

/** Bytes to come of a character or an escape. */
function inCharacter(mode: number): number {
  if (mode === ESCAPE) return 1;
  if (mode === HEX_AFTER_D) return 3;
  return mode >= HEX ? HEX + 4 - mode : utf8Left(mode);
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
