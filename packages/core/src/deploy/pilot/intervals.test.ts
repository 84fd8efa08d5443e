import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { compare } from './compare.js';
import { Distribution } from './distribution.js';
import type { Measured } from './measure.js';

const amounts = (count: number, random: () => number): Distribution => {
  const distribution = new Distribution();
  for (let i = 0; i < count; i++) distribution.add(-Math.log(1 - random()));
  return distribution;
};

const measured = (of: Distribution, statistic: 'mean' | 'p95', random: () => number): Measured => ({
  value: statistic === 'mean' ? of.mean : of.quantile(0.95),
  n: of.n,
  spread: { kind: 'samples', values: of.resample(statistic, 200, random) },
});

const RUNS = 40;

describe('intervals of a pilot', () => {
  it.each([
    ['mean', 1],
    ['p95', -Math.log(0.05)],
  ] as const)('hold the %s about 95 times in 100', (statistic, truth) => {
    const random = seededRandom(6);
    let held = 0;
    for (let run = 0; run < RUNS; run++) {
      const own = measured(amounts(200, random), statistic, random);
      const kpi = { metric: 'costUsd', goal: { kind: 'absolute', value: 0 } } as const;
      const [low, high] = compare(own, kpi, undefined, 0.05)!.shown!;
      if (low <= truth && truth <= high) held++;
    }
    expect(held / RUNS).toBeGreaterThanOrEqual(0.9);
  });

  it('hold a factor about 95 times in 100', () => {
    const random = seededRandom(7);
    let held = 0;
    for (let run = 0; run < RUNS; run++) {
      const own = measured(amounts(200, random), 'mean', random);
      const other = measured(amounts(200, random), 'mean', random);
      const kpi = { metric: 'costUsd', goal: { kind: 'relative', value: 1 } } as const;
      const { shown, excess } = compare(own, kpi, other, 0.05)!;
      if (shown![0] <= 1 && 1 <= shown![1]) held++;
      // Whether a goal is met does not depend on how it is looked at.
      expect(excess[1] <= 0).toBe(shown![1] <= 1);
    }
    expect(held / RUNS).toBeGreaterThanOrEqual(0.9);
  });
});

describe('a distribution', () => {
  it('has an exact mean, and quantiles within 1 %, in buckets', () => {
    const random = seededRandom(8);
    const distribution = new Distribution();
    const values = Array.from({ length: 5_000 }, () => 1e-6 * Math.exp(8 * random()));
    for (const value of [...values, 0]) distribution.add(value);
    const sorted = [...values, 0].toSorted((a, b) => a - b);
    expect(distribution.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 5_001, 12);
    const wanted = sorted[Math.ceil(0.95 * 5_001) - 1]!;
    expect(Math.abs(distribution.quantile(0.95)! / wanted - 1)).toBeLessThan(0.01);
  });

  it('of nothing has none', () => {
    const nothing = new Distribution();
    expect([nothing.mean, nothing.quantile(0.95), nothing.resample('mean', 5, seededRandom(1))]).toEqual([
      undefined,
      undefined,
      [],
    ]);
  });
});
