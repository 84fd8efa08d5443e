import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.js';
import type { BudgetLimit, BudgetStanding } from './budget-limit.js';
import { drawGamma } from './draw-gamma.js';
import type { HourOfSpending } from './forecast.js';
import { forecast } from './forecast-period.js';
import { DAY_MS, HOUR_MS, periodOf } from './period.js';

/** Spending of a made-up service: nights and week ends are quieter, days differ, calls come singly and cost what they do. */
function season(fromWallMs: number, days: number, seed: number): HourOfSpending[] {
  const random = seededRandom(seed);
  const quiet = 0.3 + 0.7 * random();
  const weekEnd = 0.4 + 0.6 * random();
  const calls = 1 + 20 * random();
  const hours: HourOfSpending[] = [];
  for (let day = 0; day < days; day++) {
    const level = drawGamma(12, random) / 12;
    for (let hour = 0; hour < 24; hour++) {
      const at = fromWallMs + day * DAY_MS + hour * HOUR_MS;
      const isWeekEnd = [0, 6].includes(new Date(at).getUTCDay());
      const rate = calls * level * (hour < 7 ? quiet : 1) * (isWeekEnd ? weekEnd : 1);
      let amount = 0;
      amount = random() < Math.exp(-rate) ? 0 : drawGamma(rate / 2, random);
      if (amount > 0) hours.push({ fromWallMs: at, amount });
    }
  }
  return hours;
}
const sum = (hours: readonly HourOfSpending[]): number => hours.reduce((all, { amount }) => all + amount, 0);

const limitOf = (changes: Partial<BudgetLimit> = {}): BudgetLimit => ({
  scope: {},
  period: 'month',
  unit: 'usd',
  limit: 100,
  whenSpent: 'degrade',
  alertAt: [],
  ...changes,
});

/** The budget at a time, with all that was spent before. */
function ask(all: readonly HourOfSpending[], nowWallMs: number, changes: Partial<BudgetLimit> = {}) {
  const limit = limitOf(changes);
  const { fromWallMs, toWallMs } = periodOf(limit.period as 'month', nowWallMs);
  const hours = all.filter((hour) => hour.fromWallMs + HOUR_MS <= nowWallMs);
  const spent = sum(hours.filter((hour) => hour.fromWallMs >= fromWallMs));
  const standing: BudgetStanding = { id: 'b', limit, fromWallMs, toWallMs, spent, reserved: 0, left: 0 };
  return forecast({ hours, standing, nowWallMs });
}

const APRIL = Date.UTC(2027, 3, 1);
const evenly = (fromWallMs: number, hours: number, amount: number): HourOfSpending[] =>
  Array.from({ length: hours }, (_, hour) => ({ fromWallMs: fromWallMs + hour * HOUR_MS, amount }));

describe('what a budget will have taken', () => {
  it.each([3, 10, 20])('lies within the interval in nine of ten months, as seen on day %i', (day) => {
    let covered = 0;
    let bias = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { fromWallMs, toWallMs } = periodOf('month', Date.UTC(2027, seed, 1));
      const all = season(fromWallMs, (toWallMs - fromWallMs) / DAY_MS, seed);
      const { expected, low, high } = ask(all, fromWallMs + day * DAY_MS)!;
      expect(low).toBeLessThanOrEqual(expected);
      expect(expected).toBeLessThanOrEqual(high);
      const total = sum(all);
      if (low <= total && total <= high) covered++;
      bias += (expected / total - 1) / 100;
    }
    expect(covered).toBeGreaterThanOrEqual(85);
    expect(covered).toBeLessThanOrEqual(95);
    expect(Math.abs(bias)).toBeLessThan(0.05);
  });

  it('is known the better the more was seen, of earlier months as well', () => {
    const all = season(APRIL - 30 * DAY_MS, 60, 5);
    const widthOf = (from: number, day: number): number => {
      const { low, high } = ask(
        all.filter(({ fromWallMs }) => fromWallMs >= from),
        APRIL + day * DAY_MS,
      )!;
      return high - low;
    };
    expect(widthOf(APRIL, 10)).toBeLessThan(widthOf(APRIL, 2));
    expect(widthOf(APRIL - 30 * DAY_MS, 2)).toBeLessThan(widthOf(APRIL, 2) / 2);
  });

  it('goes on as it did: an even rate is spent when its sum says so', () => {
    const found = ask(evenly(APRIL, 240, 0.2), APRIL + 10 * DAY_MS)!;
    expect(found.expected).toBeCloseTo(0.2 * 720);
    expect(found.spentAtWallMs).toBe(APRIL + 500 * HOUR_MS);
    expect(found.overrunProbability).toBeGreaterThan(0.95);
    expect(found.basisHours).toBe(240);
    expect(ask(evenly(APRIL, 240, 0.05), APRIL + 10 * DAY_MS)).toMatchObject({ spentAtWallMs: undefined });
    expect(ask(evenly(APRIL, 240, 0.05), APRIL + 10 * DAY_MS)!.overrunProbability).toBeLessThan(0.01);
  });

  it('follows the hours of a day', () => {
    const nights = Array.from({ length: 20 }, (_, day) => evenly(APRIL + day * DAY_MS, 6, 1)).flat();
    const morning = APRIL + 20 * DAY_MS;
    expect(ask(nights, morning, { period: 'day' })!.expected).toBeGreaterThan(5);
    const spentAtNight = [...nights, ...evenly(morning, 6, 1)];
    expect(ask(spentAtNight, morning + 6 * HOUR_MS, { period: 'day' })!.expected).toBeLessThan(7.5);
  });

  it('is no lower where a hard limit has kept spending down', () => {
    // Half the day is wanted, a quarter is let through.
    const capped = Array.from({ length: 20 }, (_, day) => evenly(APRIL + day * DAY_MS, 6, 1)).flat();
    const change = { period: 'day', limit: 6, whenSpent: 'local' } as const;
    const found = ask(capped, APRIL + 20 * DAY_MS, change)!;
    expect(found.expected).toBeGreaterThan(20);
    expect(found.basisHours).toBe(20 * 6);
  });

  it('counts what is held, and says so when all is spent already', () => {
    const nowWallMs = APRIL + DAY_MS;
    const limit = limitOf({ limit: 10 });
    const standing = { id: 'b', limit, ...periodOf('month', nowWallMs), spent: 6, reserved: 5, left: 0 };
    const found = forecast({ hours: evenly(APRIL, 6, 1), standing, nowWallMs })!;
    expect(found).toMatchObject({ spentAtWallMs: nowWallMs, overrunProbability: 1 });
    expect(found.low).toBeGreaterThanOrEqual(11);
  });

  it('is not said of what has no end, or nothing to go by', () => {
    const nowWallMs = APRIL + 30 * 60_000;
    expect(ask([], nowWallMs)).toBeUndefined();
    expect(ask(evenly(APRIL, 1, 1), nowWallMs)).toBeUndefined();
    const standing = { id: 'b', limit: limitOf({ period: 'request' }), fromWallMs: undefined, toWallMs: undefined };
    const hours = evenly(APRIL - DAY_MS, 24, 1);
    const ofRequests = { ...standing, spent: 0, reserved: 0, left: 1 };
    expect(forecast({ hours, standing: ofRequests, nowWallMs })).toBeUndefined();
  });

  it('is the same for the same spending, whatever else lies among it', () => {
    const clean = season(APRIL, 8, 3);
    const nowWallMs = APRIL + 8 * DAY_MS;
    const rubbish = [
      { fromWallMs: APRIL + DAY_MS, amount: NaN },
      { fromWallMs: APRIL + 2 * DAY_MS, amount: -5 },
      { fromWallMs: nowWallMs + 40 * DAY_MS, amount: 1e6 },
      { fromWallMs: nowWallMs - 400 * DAY_MS, amount: 1e6 },
    ];
    const limit = limitOf();
    const standing = { id: 'b', limit, ...periodOf('month', nowWallMs), spent: sum(clean), reserved: 0, left: 0 };
    const at = (hours: readonly HourOfSpending[]) => forecast({ hours, standing, nowWallMs });
    expect(at([...clean, ...rubbish])).toEqual(at(clean));
    expect(at(clean)).toEqual(at(clean));
  });
});
