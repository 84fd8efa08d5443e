import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialCdf, upperBound } from './binomial.js';

function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 0; i < k; i++) result = (result * BigInt(n - i)) / BigInt(i + 1);
  return result;
}

/** The definition, in exact fractions of 1000^n. */
function exactCdf(k: number, n: number, thousandths: number): number {
  const p = BigInt(thousandths);
  let sum = 0n;
  for (let i = 0; i <= k; i++) sum += choose(n, i) * p ** BigInt(i) * (1000n - p) ** BigInt(n - i);
  return Number((sum * 10n ** 18n) / 1000n ** BigInt(n)) / 1e18;
}

const trials = fc.integer({ min: 1, max: 60 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
const rate = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('binomialCdf', () => {
  it('equals the exact sum', () => {
    fc.assert(
      fc.property(trials, fc.integer({ min: 1, max: 999 }), ([k, n], thousandths) => {
        expect(binomialCdf(k, n, thousandths / 1000)).toBeCloseTo(exactCdf(k, n, thousandths), 12);
      }),
    );
  });

  it('mirrors: at most k wrong is at least n - k right', () => {
    fc.assert(
      fc.property(trials, rate, ([k, n], p) => {
        expect(binomialCdf(k, n, p)).toBeCloseTo(1 - binomialCdf(n - k - 1, n, 1 - p), 10);
      }),
    );
  });

  it('is one half in the middle of a fair coin', () => {
    for (const n of [1, 9, 101, 999]) expect(binomialCdf((n - 1) / 2, n, 0.5)).toBeCloseTo(0.5, 10);
  });

  it('holds at the ends', () => {
    expect(binomialCdf(-1, 10, 0.3)).toBe(0);
    expect(binomialCdf(10, 10, 0.3)).toBe(1);
    expect(binomialCdf(0, 0, 0.3)).toBe(1);
    expect(binomialCdf(3, 10, 0)).toBe(1);
    expect(binomialCdf(3, 10, 1)).toBe(0);
  });

  it('keeps its digits for a large sample', () => {
    expect(binomialCdf(0, 100_000, 0.001)).toBeCloseTo(0.999 ** 100_000, 15);
    expect(binomialCdf(50_000, 100_001, 0.5)).toBeCloseTo(0.5, 8);
  });
});

describe('upperBound', () => {
  it('is the rule of three when nothing went wrong', () => {
    expect(upperBound(0, 100, 0.05)).toBeCloseTo(1 - 0.05 ** (1 / 100), 12);
  });

  it('is 1 without trials or without a right one', () => {
    expect([upperBound(0, 0, 0.05), upperBound(5, 5, 0.05)]).toEqual([1, 1]);
  });

  it('is the rate at which so few errors have the probability delta: the inverse of the cdf', () => {
    const delta = fc.double({ min: 0.001, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(trials, delta, ([wrong, n], level) => {
        fc.pre(wrong < n);
        const bound = upperBound(wrong, n, level);
        expect(binomialCdf(wrong, n, bound)).toBeCloseTo(level, 9);
        expect(bound).toBeGreaterThan(wrong / n);
      }),
    );
  });

  it('rises with errors and falls with delta', () => {
    fc.assert(
      fc.property(trials, ([wrong, n]) => {
        fc.pre(wrong < n);
        expect(upperBound(wrong + 1, n, 0.05)).toBeGreaterThan(upperBound(wrong, n, 0.05));
        expect(upperBound(wrong, n, 0.1)).toBeLessThan(upperBound(wrong, n, 0.05));
      }),
    );
  });
});
