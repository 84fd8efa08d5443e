import { describe, expect, it } from 'vitest';
import { climbOptions } from './climb-utility.js';

const climbs = [
  { tier: 'small', intercept: 1, slope: 0.5 },
  { tier: 'base', intercept: 2, slope: 0.5 },
];
const costs: Readonly<Record<string, number>> = { small: 0.4, base: 1 };
const costOf = (tier: string): number => costs[tier]!;

describe('climbOptions', () => {
  it('is the expected gain less the price, best first', () => {
    const [best, other] = climbOptions({ confidence: 0.5, climbs, exchangeRate: 0, costOf });
    expect(best).toMatchObject({ tier: 'base', expected: expect.closeTo(1 / (1 + Math.exp(-2)), 12) as number });
    expect(best!.utility).toBeCloseTo(best!.expected - 0.5, 12);
    expect(other!.tier).toBe('small');
  });

  it('prefers the cheaper tier as the price rises, and at last none', () => {
    const bestAt = (exchangeRate: number) => climbOptions({ confidence: 0.5, climbs, exchangeRate, costOf })[0]!;
    expect(bestAt(0.1).tier).toBe('base');
    expect(bestAt(0.5).tier).toBe('small');
    expect(bestAt(2).utility).toBeLessThan(0);
  });

  it('is worth less the surer the answer is', () => {
    const worth = [0.2, 0.3, 0.6, 0.9].map(
      (confidence) => climbOptions({ confidence, climbs, exchangeRate: 0, costOf })[0]!.utility,
    );
    expect(worth).toEqual(worth.toSorted((a, b) => b - a));
    const [atNone, atAll] = [0, 1].map(
      (confidence) => climbOptions({ confidence, climbs, exchangeRate: 0, costOf })[0]!,
    );
    expect([atNone!.utility, atAll!.utility].every(Number.isFinite)).toBe(true);
  });

  it('has no options where there is no tier above', () => {
    expect(climbOptions({ confidence: 0.5, climbs: [], exchangeRate: 0, costOf })).toEqual([]);
  });
});
