import { PatternRefused } from './parse-pattern.js';
import { choice, literal, sequence, set, type Range, type Regular } from './regular.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT: Readonly<Record<number, string>> = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r' };
/** Classes with more characters than these are written without their control characters: there is no need of them. */
const LARGE = 64;

/** The bytes of a JSON string whose text is of a language of code points: UTF-8, escaped where it must be. */
export function jsonText(text: Regular): Regular {
  return sequence(literal('"'), bytesOf(text), literal('"'));
}

function bytesOf(regular: Regular): Regular {
  switch (regular.kind) {
    case 'set':
      return charactersOf(regular.ranges);
    case 'sequence':
      return { kind: 'sequence', parts: regular.parts.map(bytesOf) };
    case 'choice':
      return { kind: 'choice', options: regular.options.map(bytesOf) };
    case 'repeat':
      return { ...regular, of: bytesOf(regular.of) };
    default:
      return regular satisfies never;
  }
}

function charactersOf(ranges: readonly Range[]): Regular {
  const isLarge = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0) > LARGE;
  const options: Regular[] = [];
  const single: Range[] = [];
  const raw = (from: number, to: number): void => {
    if (from > to) return;
    for (const bytes of utf8Ranges(from, to)) {
      if (bytes.length === 1) single.push(bytes[0]!);
      else options.push(sequence(...bytes.map((range) => set(range))));
    }
  };
  for (const [from, to] of ranges) {
    const lastControl = isLarge ? -1 : Math.min(to, 0x1f);
    for (let code = from; code <= lastControl; code++) options.push(controlCharacter(code));
    let next = Math.max(from, 0x20);
    for (const special of [QUOTE, BACKSLASH])
      if (special >= next && special <= to) {
        options.push(literal(`\\${String.fromCharCode(special)}`));
        raw(next, special - 1);
        next = special + 1;
      }
    // Surrogates are no characters.
    if (next <= 0xd7ff) raw(next, Math.min(to, 0xd7ff));
    raw(Math.max(next, 0xe000), to);
  }
  if (single.length > 0) options.push(set(...single));
  if (options.length === 0) throw new PatternRefused('a class has no character that can be written');
  return options.length === 1 ? options[0]! : choice(...options);
}

function controlCharacter(code: number): Regular {
  return literal(`\\${SHORT[code] ?? `u${code.toString(16).padStart(4, '0')}`}`);
}

/** Ranges of bytes, one a place, that make up the UTF-8 of a range of characters. */
function utf8Ranges(from: number, to: number): readonly (readonly Range[])[] {
  for (const last of [0x7f, 0x7ff, 0xffff])
    if (from <= last && to > last) return [...utf8Ranges(from, last), ...utf8Ranges(last + 1, to)];
  if (to <= 0x7f) return [[[from, to]]];
  // Where all but the first bytes run through all their values, one sequence of ranges is enough.
  for (const bits of [6, 12, 18]) {
    const rest = (1 << bits) - 1;
    if (from >> bits === to >> bits) break;
    if ((from & rest) !== 0) return [...utf8Ranges(from, from | rest), ...utf8Ranges((from | rest) + 1, to)];
    if ((to & rest) !== rest) return [...utf8Ranges(from, (to & ~rest) - 1), ...utf8Ranges(to & ~rest, to)];
  }
  const [low, high] = [utf8Of(from), utf8Of(to)];
  return [low.map((byte, i): Range => [byte, high[i]!])];
}

function utf8Of(code: number): readonly number[] {
  if (code <= 0x7ff) return [0xc0 | (code >> 6), 0x80 | (code & 0x3f)];
  if (code <= 0xffff) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
}
