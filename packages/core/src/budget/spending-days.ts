import type { HourOfSpending } from './forecast.js';
import { DAY_MS, HOUR_MS } from './period.js';

/** Before two of each are known, a day of the week is like any other. */
const WEEKDAYS_FROM_DAYS = 14;
/** Hours and days that are taken to be like the mean, beside those that were seen. */
const PRIOR_HOURS = 3;
const PRIOR_DAYS = 1;

/** What spending looks like over a day and a week, and how days differ beside that. */
export interface SpendingDays {
  /** Mean spending of an hour of a mean day. */
  readonly hourly: number;
  /** By hour of the day in UTC; they have the mean 1. */
  readonly profile: Float64Array;
  /** By day of the week, from Sunday; they have the mean 1. */
  readonly weekdays: Float64Array;
  /** Days of the week that are told apart. */
  readonly kinds: 1 | 7;
  readonly days: readonly SpendingDay[];
}

interface SpendingDay {
  /** Share of a mean day's spending that its observed hours stand for. */
  readonly weight: number;
  /** By hour, as if it had been a mean day of the week; what was not observed is what this day's other hours let expect. */
  readonly hours: Float64Array;
}

/** @param observed not empty, in order */
export function spendingDays(observed: readonly HourOfSpending[]): SpendingDays {
  const total = observed.reduce((sum, { amount }) => sum + amount, 0);
  const mean = total / observed.length;
  const isWeekly = observed.length >= WEEKDAYS_FROM_DAYS * 24;
  const weekdays = isWeekly ? shape(observed, 7, weekdayOf, PRIOR_DAYS * 24) : new Float64Array(7).fill(1);
  const profile = shape(observed, 24, hourOfDay, PRIOR_HOURS);
  const expected = (wallMs: number): number => weekdays[weekdayOf(wallMs)]! * profile[hourOfDay(wallMs)]!;
  const weights = observed.reduce((sum, { fromWallMs }) => sum + expected(fromWallMs), 0);
  const hourly = weights > 0 ? total / weights : mean;
  const days = byDay(observed).map((hours): SpendingDay => {
    const weekday = weekdays[weekdayOf(hours[0]!.fromWallMs)]!;
    const spent = hours.reduce((sum, { amount }) => sum + amount, 0) / weekday;
    const seen = hours.reduce((sum, { fromWallMs }) => sum + profile[hourOfDay(fromWallMs)]!, 0);
    const level = seen > 0 ? spent / seen : hourly;
    const filled = profile.map((share) => share * level);
    for (const { fromWallMs, amount } of hours) filled[hourOfDay(fromWallMs)] = amount / weekday;
    return { weight: seen / 24, hours: filled };
  });
  return { hourly, profile, weekdays, kinds: isWeekly ? 7 : 1, days };
}

/** Means by kind of hour, drawn towards the mean of all by `prior` hours of it, with the mean 1. */
function shape(
  observed: readonly HourOfSpending[],
  kinds: number,
  kindOf: (wallMs: number) => number,
  prior: number,
): Float64Array {
  const mean = observed.reduce((sum, { amount }) => sum + amount, 0) / observed.length;
  const sums = new Float64Array(kinds).fill(prior * mean);
  const counts = new Float64Array(kinds).fill(prior);
  for (const { fromWallMs, amount } of observed) {
    sums[kindOf(fromWallMs)]! += amount;
    counts[kindOf(fromWallMs)]!++;
  }
  const means = sums.map((sum, kind) => sum / counts[kind]!);
  const middle = means.reduce((sum, each) => sum + each, 0) / kinds;
  return means.map((each) => (middle > 0 ? each / middle : 1));
}

/** In order, and those of one day of UTC together. */
export function byDay<T extends { readonly fromWallMs: number }>(hours: readonly T[]): T[][] {
  const days = new Map<number, T[]>();
  for (const hour of hours) {
    const day = Math.floor(hour.fromWallMs / DAY_MS);
    const known = days.get(day);
    if (known) known.push(hour);
    else days.set(day, [hour]);
  }
  return [...days.values()];
}

export const hourOfDay = (wallMs: number): number => Math.floor(wallMs / HOUR_MS) % 24;

/** 1 January 1970 was a Thursday. */
export const weekdayOf = (wallMs: number): number => (Math.floor(wallMs / DAY_MS) + 4) % 7;
