/** Texts in which no control token can be read, and how they were before. */
export interface SpeltOut<T> {
  readonly hidden: T;
  show(text: string): string;
}

/** Hides in every string of a value, keys included, what is a control token or could become one beside other text. */
export type SpellOut = <T>(value: T) => SpeltOut<T>;

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

  return <T>(value: T) => {
    const nonce = unusedMark(value);
    const literals: string[] = [];
    const mark = (literal: string): string => (literal === '' ? '' : `${nonce}${literals.push(literal) - 1}x`);
    const hide = (text: string): string => {
      if (longest === 0) return text;
      const inner = text.trim();
      if (inner.length <= longest && controls.some((control) => control.includes(inner)))
        return text.replace(inner, () => mark(inner));
      const from = lengthOf(longest, (length) => endings.has(inner.slice(0, length)));
      const to = lengthOf(longest, (length) => beginnings.has(inner.slice(-length)));
      if (from + to > inner.length) return text.replace(inner, () => mark(inner));
      const middle = inner.slice(from, inner.length - to).replace(whole, mark);
      return text.replace(inner, () => mark(inner.slice(0, from)) + middle + mark(inner.slice(inner.length - to)));
    };
    const marks = new RegExp(`${nonce}(\\d+)x`, 'g');
    return {
      hidden: mapStrings(value, hide) as T,
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
