import { digitRuns, type DigitGroup } from './digit-runs.js';
import type { Span } from './span.js';

const FEWEST_DIGITS = 13;
const MOST_DIGITS = 19;

/**
 * How numbers of a length begin where cards have it. Time stamps in milliseconds, product codes, dates with a time and
 * device numbers (IMEI) are as long, and one in ten of them has a right check digit.
 */
const BEGINNINGS: Readonly<Record<number, RegExp>> = {
  13: /^4/,
  14: /^3[0689]/,
  15: /^(?:1|3[47]|2014|2149|2131)/,
};
const OTHER_BEGINNINGS = /^[2-9]/;

/** Payment cards: 13 to 19 digits whose check digit (Luhn) is right, whole or in groups of four and more. */
export function findCards(folded: string): Span[] {
  const spans: Span[] = [];
  for (const { groups } of digitRuns(folded)) {
    for (let first = 0; first < groups.length;) {
      const last = mayStart(folded, groups, first) ? lastOfCard(folded, groups, first) : undefined;
      const [from, to] = [groups[first], last === undefined ? undefined : groups[last]];
      if (from && to) spans.push({ start: from.start, end: to.end, kind: 'card' });
      first = (last ?? first) + 1;
    }
  }
  return spans;
}

/** Not in the middle of a decimal fraction. */
function mayStart(folded: string, groups: readonly DigitGroup[], first: number): boolean {
  const before = groups[first - 1]?.separator;
  if (before !== undefined) return before !== '.';
  const start = groups[first]?.start ?? 0;
  return !/(?:\d,|^\.|\s\.)$/.test(folded.slice(Math.max(0, start - 2), start));
}

function lastOfCard(folded: string, groups: readonly DigitGroup[], first: number): number | undefined {
  let digits = '';
  let best: number | undefined;
  for (let last = first; last < groups.length; last += 1) {
    const group = groups[last];
    if (group === undefined || digits.length + group.digits.length > MOST_DIGITS) break;
    digits += group.digits;
    if (digits.length >= FEWEST_DIGITS && mayEnd(folded, group) && isCard(digits)) best = last;
    // Groups of a card have four to eight digits; more are a number of their own.
    if (group.digits.length < 4 || group.digits.length > 8 || !/^(?: {1,2}| ?- ?)$/.test(group.separator)) break;
  }
  return best;
}

const mayEnd = (folded: string, { separator, end }: DigitGroup): boolean =>
  separator !== '.' && !/^,\d/.test(folded.slice(end, end + 2));

function isCard(digits: string): boolean {
  if (!(BEGINNINGS[digits.length] ?? OTHER_BEGINNINGS).test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - index));
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
