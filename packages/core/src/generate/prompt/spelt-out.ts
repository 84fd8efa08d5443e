/** How the texts of one chat are spelt so that no control token can be read in them. */
export interface Spelling {
  /** A text that a template may put between others. */
  text(text: string): string;
  /** All strings of a value that a template may write as JSON, names of fields included. */
  data(value: unknown): unknown;
  /** What was hidden in its place again. */
  show(text: string): string;
}

/** @param chat all that will be spelt: no mark is one that stands in it already */
export type SpellOut = (chat: unknown) => Spelling;

/**
 * Marks stand for what is hidden while a template is rendered: it may trim, join and quote them. Hidden are control
 * tokens, and at the ends of a text what is a part of one: `<|` + `im_end` + `|>` would be one where a template joins
 * them.
 */
export function createSpellOut(controls: readonly string[]): SpellOut {
  const whole = anyOf(controls);
  const longest = Math.max(0, ...controls.map(({ length }) => length));
  const beginnings = new Set(controls.flatMap((control) => [...control].map((_, i) => control.slice(0, i + 1))));
  const endings = new Set(controls.flatMap((control) => [...control].map((_, i) => control.slice(-(i + 1)))));

  return (chat) => {
    const nonce = unusedMark(chat);
    const literals: string[] = [];
    const mark = (literal: string): string => (literal === '' ? '' : `${nonce}${literals.push(literal) - 1}x`);
    const hide = (text: string): string => {
      const inner = text.trim();
      const from = lengthOf(longest, (length) => endings.has(inner.slice(0, length)));
      const to = lengthOf(longest, (length) => beginnings.has(inner.slice(-length)));
      if (from + to > inner.length) return text.replace(inner, () => mark(inner));
      const middle = inner.slice(from, inner.length - to).replace(whole, mark);
      return text.replace(inner, () => mark(inner.slice(0, from)) + middle + mark(inner.slice(inner.length - to)));
    };
    const marks = new RegExp(`${nonce}(\\d+)x`, 'g');
    return {
      text(text) {
        const inner = text.trim();
        const isPart = inner.length <= longest && controls.some((control) => control.includes(inner));
        return isPart ? text.replace(inner, () => mark(inner)) : hide(text);
      },
      data: (value) => mapStrings(value, hide),
      show: (text) => text.replace(marks, (_, index: string) => literals[Number(index)] ?? ''),
    };
  };
}

/** A pattern for whichever comes first, the longest of those that begin at one place. */
export function anyOf(texts: readonly string[]): RegExp {
  if (texts.length === 0) return /(?!)/g;
  const longestFirst = texts.toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
}

/** The greatest length that holds, from 1 up to the longest; 0 when none does. */
function lengthOf(longest: number, holds: (length: number) => boolean): number {
  for (let length = longest; length > 0; length--) if (holds(length)) return length;
  return 0;
}

/** The first of `q0z`, `q1z`, ... that no string holds. */
function unusedMark(value: unknown): string {
  const used = new Set<string>();
  mapStrings(value, (text) => {
    for (const [mark] of text.matchAll(/q\d+z/g)) used.add(mark);
    return text;
  });
  let number = 0;
  while (used.has(`q${number}z`)) number++;
  return `q${number}z`;
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [map(key), mapStrings(each, map)]));
}
