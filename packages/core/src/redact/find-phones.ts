import { digitRuns, type DigitGroup, type DigitRun } from './digit-runs.js';
import { announcesCode, announcesPhone, CUE_UNITS } from './phone-cues.js';
import {
  isAnnounced,
  isInternational,
  isNational,
  isNorthAmerican,
  isOtherwise,
  isUngroupedNational,
  type PhoneShape,
} from './phone-shapes.js';
import type { Span } from './span.js';

const FEWEST_DIGITS = 7;
/** `00` and the 15 digits of E.164. */
const MOST_DIGITS = 17;

/**
 * Telephone numbers: international ones, national ones with a leading zero, North American ones, and any digits behind
 * a word such as "phone". Dates, times, addresses of machines and prices are left alone, and ungrouped digits behind
 * "order no." too.
 */
export function findPhones(folded: string): Span[] {
  const spans: Span[] = [];
  for (const run of digitRuns(folded)) {
    for (let first = 0; first < run.groups.length;) {
      const last = mayStart(folded, run, first) ? lastOfPhone(folded, run, first) : undefined;
      if (last !== undefined) spans.push(spanOf(run, first, last));
      first = (last ?? first) + 1;
    }
  }
  return spans;
}

/** A number begins where a word would, not behind a letter, a decimal point or half a date. */
function mayStart(folded: string, { prefix, groups }: DigitRun, first: number): boolean {
  const before = groups[first - 1]?.separator;
  if (before !== undefined) return / |\(/.test(before) || (before === '/' && startsWithZero(groups[first]));
  const start = (groups[first]?.start ?? 0) - prefix.length;
  const around = folded.slice(Math.max(0, start - 2), start);
  // "+" after a digit is a sum, unless what follows is as long as a whole number.
  if (prefix.includes('+')) return !/\d$/.test(around) || (groups[first]?.digits.length ?? 0) >= 10;
  return !/(?:[a-z0-9_]|[a-z0-9]-|\d,)$/i.test(around);
}

function mayEnd(folded: string, { groups }: DigitRun, last: number): boolean {
  const group = groups[last];
  if (group === undefined) return false;
  if (last < groups.length - 1) {
    return / /.test(group.separator) || (group.separator === '/' && startsWithZero(groups[last + 1]));
  }
  return !/^(?:[a-wyz_]|x\D|:\d)/i.test(folded.slice(group.end, group.end + 2));
}

const startsWithZero = (group: DigitGroup | undefined): boolean => group?.digits.startsWith('0') ?? false;

/** The longest, but one that leaves the next number whole before any other. */
function lastOfPhone(folded: string, run: DigitRun, first: number): number | undefined {
  const from = run.groups[first];
  if (from === undefined) return undefined;
  const plus = first === 0 && run.prefix.includes('+');
  // Words stand before the first group; before the others there are digits.
  const cues = first === 0 ? cuesBefore(folded, from.start) : NO_CUES;
  const most = mostDigits(from.digits, plus, cues);
  let longest: number | undefined;
  let tidiest: number | undefined;
  let digits = 0;
  for (let last = first; last < run.groups.length; last += 1) {
    const to = run.groups[last];
    digits += to?.digits.length ?? 0;
    if (to === undefined || digits > most) break;
    if (digits < FEWEST_DIGITS || !mayEnd(folded, run, last)) continue;
    const shape: PhoneShape = {
      text: folded.slice(from.start, to.end),
      groups: run.groups.slice(first, last + 1).map((group) => group.digits),
      plus,
    };
    if (!isPhone(shape, cues)) continue;
    longest = last;
    const next = run.groups[last + 1];
    if (next === undefined || startsWithZero(next)) tidiest = last;
  }
  return tidiest ?? longest;
}

/** What is longer is none of the forms that begin like this. */
function mostDigits(digits: string, plus: boolean, cues: Cues): number {
  if (plus || digits.startsWith('00')) return MOST_DIGITS;
  if (cues.phone()) return 15;
  if (digits.startsWith('0')) return 12;
  return digits.length === 3 || digits === '1' ? 11 : 0;
}

interface Cues {
  readonly phone: () => boolean;
  readonly code: () => boolean;
}

const NO_CUES: Cues = { phone: () => false, code: () => false };

/** Read at most once, and only where the digits alone do not decide. */
function cuesBefore(folded: string, start: number): Cues {
  let phone: boolean | undefined;
  let code: boolean | undefined;
  const before = folded.slice(Math.max(0, start - CUE_UNITS), start);
  return { phone: () => (phone ??= announcesPhone(before)), code: () => (code ??= announcesCode(before)) };
}

function isPhone(shape: PhoneShape, cues: Cues): boolean {
  if (shape.plus) return isInternational(shape);
  if (isOtherwise(shape)) return false;
  if (isNational(shape) || isNorthAmerican(shape)) return true;
  if (isInternational(shape) || isUngroupedNational(shape)) return !cues.code() || cues.phone();
  return isAnnounced(shape) && cues.phone();
}

/** With its `+`, and with the bracket that opens before its first digit if it closes inside. */
function spanOf({ prefix, groups }: DigitRun, first: number, last: number): Span {
  const inside = groups.slice(first, last).some(({ separator }) => separator.startsWith(')'));
  const opening = first === 0 ? prefix : groups[first - 1]?.separator.endsWith('(') ? '(' : '';
  const kept = inside ? opening : opening.replace(/^\(?(\+?)\(?$/, '$1');
  return { start: (groups[first]?.start ?? 0) - kept.length, end: groups[last]?.end ?? 0, kind: 'phone' };
}
