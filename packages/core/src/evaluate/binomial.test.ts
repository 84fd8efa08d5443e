import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialCdf, lowerBound, proportion, upperBound } from './binomial.js';

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
const anyRate = fc.double({ min: 0.001, max: 0.999, noNaN: true });

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
      fc.property(trials, anyRate, ([k, n], p) => {
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

describe('lowerBound', () => {
  it('mirrors the upper bound: so many wrong are so few right', () => {
    fc.assert(
      fc.property(trials, ([wrong, n]) => {
        expect(lowerBound(wrong, n, 0.05)).toBeCloseTo(1 - upperBound(n - wrong, n, 0.05), 10);
      }),
    );
  });

  it('is 0 without trials or without a wrong one', () => {
    expect([lowerBound(0, 0, 0.05), lowerBound(0, 5, 0.05)]).toEqual([0, 0]);
  });
});

describe('proportion', () => {
  it('is the published interval', () => {
    const { share, interval } = proportion(81, 263);
    expect(share).toBeCloseTo(0.308, 3);
    expect(interval[0]).toBeCloseTo(0.2527, 4);
    expect(interval[1]).toBeCloseTo(0.3676, 4);
  });

  it('holds its share, and says nothing without trials', () => {
    fc.assert(
      fc.property(trials, ([count, n]) => {
        const { share, interval } = proportion(count, n);
        expect(interval[0]).toBeLessThanOrEqual(share!);
        expect(interval[1]).toBeGreaterThanOrEqual(share!);
        const mirrored = proportion(n - count, n).interval;
        expect(1 - mirrored[1]).toBeCloseTo(interval[0], 12);
      }),
    );
    expect(proportion(0, 0)).toEqual({ n: 0, count: 0, share: undefined, interval: [0, 1] });
  });

  it('covers the rate at least 95 times in 100', () => {
    for (const rate of [0.01, 0.1, 0.5, 0.93]) {
      const n = 40;
      const covered = Array.from({ length: n + 1 }, (_, count) => {
        const [low, high] = proportion(count, n).interval;
        const likely = binomialCdf(count, n, rate) - binomialCdf(count - 1, n, rate);
        return low <= rate && rate <= high ? likely : 0;
      });
      expect(covered.reduce((sum, value) => sum + value)).toBeGreaterThanOrEqual(0.95);
    }
  });
});
