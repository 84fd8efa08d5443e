import { choice, sequence, set, type Range, type Regular } from './regular.js';

/** Why a pattern cannot be followed. */
export class PatternRefused extends Error {}

const MAX_PATTERN = 1024;
const MAX_GROUPS = 32;
const MAX_REPEAT = 4096;
const LAST = 0x10ffff;
const DIGIT: readonly Range[] = [[0x30, 0x39]];
const WORD: readonly Range[] = [...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
/** As ECMAScript has it. */
const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const NEWLINE: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const ANY = set([0, LAST]);
const ANYTHING: Regular = { kind: 'repeat', of: ANY, least: 0, most: Infinity };

/**
 * The regular part of ECMAScript's patterns: classes, groups, alternation, repeats, and anchors where a text begins and
 * ends. As in JSON Schema, what is not anchored may have anything around it.
 * @throws PatternRefused for what is not regular, or no pattern
 */
export function parsePattern(pattern: string): Regular {
  if (pattern.length > MAX_PATTERN) throw new PatternRefused(`it is longer than ${MAX_PATTERN} characters`);
  const characters = [...pattern].map((character) => character.codePointAt(0)!);
  let at = 0;
  const peek = (): string => (at < characters.length ? String.fromCodePoint(characters[at]!) : '');
  const take = (): string => {
    const character = peek();
    at++;
    return character;
  };
  const took = (text: string): boolean => {
    const found = [...text].every((character, i) => characters[at + i] === character.codePointAt(0));
    if (found) at += text.length;
    return found;
  };

  /** Alternatives on the outside, each with its own anchors. */
  const outside = (): Regular => {
    const options = [];
    do {
      const anchored = took('^');
      const parts = terms(0);
      const ended = took('$');
      if (at < characters.length && peek() !== '|') throw new PatternRefused(`"${peek()}" stands where it cannot`);
      options.push(sequence(...(anchored ? [] : [ANYTHING]), ...parts, ...(ended ? [] : [ANYTHING])));
    } while (took('|'));
    return options.length === 1 ? options[0]! : choice(...options);
  };
  const inside = (depth: number): Regular => {
    const options = [];
    do options.push(sequence(...terms(depth)));
    while (took('|'));
    return options.length === 1 ? options[0]! : choice(...options);
  };
  const terms = (depth: number): Regular[] => {
    const parts = [];
    while (at < characters.length && !'|)$'.includes(peek())) parts.push(repeated(atom(depth)));
    return parts;
  };
  const atom = (depth: number): Regular => {
    const character = take();
    switch (character) {
      case '(': {
        if (depth >= MAX_GROUPS) throw new PatternRefused(`it has more than ${MAX_GROUPS} groups in each other`);
        if (took('?') && !took(':') && !named()) throw new PatternRefused('it looks around');
        const group = inside(depth + 1);
        if (!took(')')) throw new PatternRefused('a group is not closed, or has an anchor in it');
        return group;
      }
      case '[':
        return charactersOf(classOf());
      case '.':
        return charactersOf(without(NEWLINE));
      case '\\':
        return charactersOf(escaped(false));
      case '^':
        throw new PatternRefused('an anchor stands inside');
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw new PatternRefused(`"${character}" stands where it cannot`);
      default:
        return set([character.codePointAt(0)!, character.codePointAt(0)!]);
    }
  };
  const named = (): boolean => {
    if (!took('<') || peek() === '=' || peek() === '!') return false;
    while (at < characters.length && peek() !== '>') at++;
    return took('>');
  };
  const repeated = (of: Regular): Regular => {
    const bounds = boundsOf();
    if (bounds === undefined) return of;
    took('?'); // Lazy or greedy, the language is the same.
    if (boundsOf() !== undefined) throw new PatternRefused('a repeat is repeated');
    return { kind: 'repeat', of, ...bounds };
  };
  const boundsOf = (): { readonly least: number; readonly most: number } | undefined => {
    if (took('*')) return { least: 0, most: Infinity };
    if (took('+')) return { least: 1, most: Infinity };
    if (took('?')) return { least: 0, most: 1 };
    if (!took('{')) return undefined;
    const least = number();
    const most = took(',') ? (peek() === '}' ? Infinity : number()) : least;
    if (!took('}') || most < least) throw new PatternRefused('a repeat has no bounds');
    if (least > MAX_REPEAT || (most !== Infinity && most > MAX_REPEAT))
      throw new PatternRefused(`a repeat is over ${MAX_REPEAT}`);
    return { least, most };
  };
  const number = (): number => {
    let text = '';
    while (/^\d$/.test(peek()) && text.length < 6) text += take();
    if (text === '') throw new PatternRefused('a repeat has no bounds');
    return Number(text);
  };
  const classOf = (): readonly Range[] => {
    const negated = took('^');
    const ranges: Range[] = [];
    while (peek() !== ']') {
      const from = member();
      if (peek() === '-' && characters[at + 1] !== 0x5d && at + 1 < characters.length) {
        at++;
        const to = member();
        if (from.length !== 1 || to.length !== 1 || from[0]![0] !== from[0]![1] || to[0]![0] < from[0]![0])
          throw new PatternRefused('a class has a range without two ends');
        ranges.push([from[0]![0], to[0]![1]]);
      } else ranges.push(...from);
    }
    at++;
    return negated ? without(ranges) : ranges;
  };
  const member = (): readonly Range[] => {
    if (at >= characters.length) throw new PatternRefused('a class is not closed');
    const character = take();
    return character === '\\' ? escaped(true) : [[character.codePointAt(0)!, character.codePointAt(0)!]];
  };
  const escaped = (inClass: boolean): readonly Range[] => {
    if (at >= characters.length) throw new PatternRefused('it ends in "\\"');
    const character = take();
    const one = (code: number): readonly Range[] => [[code, code]];
    switch (character) {
      case 'd':
        return DIGIT;
      case 'D':
        return without(DIGIT);
      case 'w':
        return WORD;
      case 'W':
        return without(WORD);
      case 's':
        return SPACE;
      case 'S':
        return without(SPACE);
      case 'n':
        return one(0x0a);
      case 'r':
        return one(0x0d);
      case 't':
        return one(0x09);
      case 'v':
        return one(0x0b);
      case 'f':
        return one(0x0c);
      case 'x':
        return one(hex(2));
      case 'u': {
        if (!took('{')) return one(hex(4));
        let code = 0;
        for (let i = 0; i < 6 && peek() !== '}'; i++) code = code * 16 + hex(1);
        if (!took('}') || code > LAST) throw new PatternRefused('an escape is not closed');
        return one(code);
      }
      default:
        if (/^[A-Za-z0-9]$/.test(character) && !(inClass && character === 'b'))
          throw new PatternRefused(`"\\${character}" cannot be followed`);
        return one(inClass && character === 'b' ? 0x08 : character.codePointAt(0)!);
    }
  };
  const hex = (length: number): number => {
    let text = '';
    while (text.length < length && /^[0-9A-Fa-f]$/.test(peek())) text += take();
    if (text.length !== length) throw new PatternRefused('an escape is not complete');
    return parseInt(text, 16);
  };
  return outside();
}

/** Lone surrogates are no text. */
function charactersOf(ranges: readonly Range[]): Regular {
  const kept = ranges.flatMap(([from, to]): Range[] => [
    ...(from < 0xd800 ? [[from, Math.min(to, 0xd7ff)] as const] : []),
    ...(to > 0xdfff ? [[Math.max(from, 0xe000), to] as const] : []),
  ]);
  if (kept.length === 0) throw new PatternRefused('a class has no character');
  return set(...kept);
}

function without(ranges: readonly Range[]): readonly Range[] {
  const rest: Range[] = [];
  let next = 0;
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (from > next) rest.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) rest.push([next, LAST]);
  return rest;
}
