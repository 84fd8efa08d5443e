import { choice, digits, literal, optional, sequence, set, type Regular } from './regular.js';

/** Digits behind the point that are written. */
const FRACTION = 6;
/** Integers up to here are kept exactly by every reader of JSON. */
const MOST_DIGITS = 15;
const SCALE = 10n ** BigInt(FRACTION);

/** In steps of 10^-6; a bound that is left out of the range is `exclusive`. */
export interface Bound {
  readonly micros: bigint;
  readonly exclusive: boolean;
}

/** @returns undefined for a number that has more digits behind the point, or is too large */
export function microsOf(value: number): bigint | undefined {
  if (!Number.isFinite(value) || Math.abs(value) >= 10 ** MOST_DIGITS) return undefined;
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain(value)) ?? [];
  if (whole === undefined || fraction.length > FRACTION) return undefined;
  const micros = BigInt(whole + fraction.padEnd(FRACTION, '0'));
  return sign === '-' ? -micros : micros;
}

/** Without an exponent as far as a bound has one. */
function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(FRACTION + 1).replace(/0$/, '') : text;
}

/**
 * Decimal numbers from one bound to the other, each as JSON writes it without an exponent; undefined bounds are as far
 * as 15 digits go (numbers with a fraction: 9). Undefined when there is none.
 * @param fractionDigits most digits behind the point; 0 for integers
 */
export function numberRange(
  low: Bound | undefined,
  high: Bound | undefined,
  fractionDigits: 0 | 6,
): Regular | undefined {
  const widest = 10n ** BigInt(fractionDigits === 0 ? MOST_DIGITS : 9) * SCALE - 1n;
  const farthest = (bound: Bound | undefined): bigint => {
    const size = bound === undefined ? 0n : bound.micros < 0n ? -bound.micros : bound.micros;
    return size > widest ? size * 10n : widest;
  };
  const lowest = low ?? { micros: -farthest(high), exclusive: false };
  const highest = high ?? { micros: farthest(low), exclusive: false };
  const options: Regular[] = [];
  for (let behind = 0; behind <= fractionDigits; behind++) {
    const unit = 10n ** BigInt(FRACTION - behind);
    let from = ceilOf(lowest.micros, unit);
    let to = -ceilOf(-highest.micros, unit);
    if (lowest.exclusive && from * unit === lowest.micros) from++;
    if (highest.exclusive && to * unit === highest.micros) to--;
    if (from > to) continue;
    // Minus zero is no number of its own.
    if (to >= 0n) options.push(...unsigned(from > 0n ? from : 0n, to, behind));
    if (from < 0n) {
      const negative = unsigned(to < 0n ? -to : 1n, -from, behind);
      if (negative.length > 0) options.push(sequence(literal('-'), choice(...negative)));
    }
  }
  return options.length === 0 ? undefined : choice(...options);
}

/** Any number of JSON, of bounded length. */
export const ANY_NUMBER: Regular = sequence(
  optional(literal('-')),
  choice(literal('0'), sequence(set([0x31, 0x39]), digits(0, MOST_DIGITS - 1))),
  optional(sequence(literal('.'), digits(1, MOST_DIGITS))),
  optional(sequence(set([0x45, 0x45], [0x65, 0x65]), optional(set([0x2b, 0x2b], [0x2d, 0x2d])), digits(1, 2))),
);

function ceilOf(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  return quotient * unit < value ? quotient + 1n : quotient;
}

/** Numbers from one to the other with a point in front of the last `behind` digits. */
function unsigned(from: bigint, to: bigint, behind: number): Regular[] {
  const options: Regular[] = [];
  for (let length = behind + 1; ; length++) {
    const first = length === behind + 1 ? 0n : 10n ** BigInt(length - 1);
    const last = 10n ** BigInt(length) - 1n;
    if (first > to) return options;
    if (last < from) continue;
    const low = String(from > first ? from : first).padStart(length, '0');
    const high = String(to < last ? to : last).padStart(length, '0');
    options.push(between(low, high, length - behind));
  }
}

/** Digits of one length from `low` to `high`; the point stands in front of digit `point`. */
function between(low: string, high: string, point: number): Regular {
  if (low === '') return sequence();
  const dotted = (rest: Regular): Regular => (point === 0 ? sequence(literal('.'), rest) : rest);
  const [a, b] = [low.charCodeAt(0), high.charCodeAt(0)];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  const anyLow = /^0*$/.test(lowRest);
  const anyHigh = /^9*$/.test(highRest);
  const free = (from: number, to: number): Regular => sequence(set([from, to]), anyDigits(lowRest.length, point - 1));
  if (anyLow && anyHigh) return dotted(free(a, b));
  if (a === b) return dotted(sequence(set([a, a]), between(lowRest, highRest, point - 1)));
  const options: Regular[] = [];
  if (!anyLow) options.push(sequence(set([a, a]), between(lowRest, '9'.repeat(lowRest.length), point - 1)));
  const [from, to] = [anyLow ? a : a + 1, anyHigh ? b : b - 1];
  if (from <= to) options.push(free(from, to));
  if (!anyHigh) options.push(sequence(set([b, b]), between('0'.repeat(highRest.length), highRest, point - 1)));
  return dotted(choice(...options));
}

function anyDigits(length: number, point: number): Regular {
  if (point < 0 || point >= length) return digits(length, length);
  return sequence(digits(point, point), literal('.'), digits(length - point, length - point));
}
