import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import type { StatisticsKind } from './arm-statistics.js';
import { createArmStatistics } from './create-arm-statistics.js';

const KINDS: readonly StatisticsKind[] = [
  { kind: 'plain' },
  { kind: 'sliding', samples: 4 },
  { kind: 'discounted', factor: 0.9 },
  { kind: 'change-detection', alpha: 0.01 },
];

const samples = fc.array(
  fc.record({
    arm: fc.integer({ min: 0, max: 2 }),
    reward: fc.double({ min: 0, max: 1, noNaN: true }),
    weight: fc.constantFrom(1, 1, 1, 3, 20, 1e9, 1e-3),
    cost: fc.constantFrom(0, 1e-6, 0.01, 4, 1e9),
  }),
  { maxLength: 60 },
);

describe.each(KINDS)('statistics: $kind', (kind) => {
  it('are those of a fresh sum over what counts', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const statistics = createArmStatistics(kind);
        for (let arm = 0; arm < 3; arm++) expect(statistics.addArm()).toBe(arm);
        for (const { arm, reward, weight, cost } of all) {
          statistics.reward(arm, reward, weight);
          statistics.cost(arm, cost);
        }
        for (let arm = 0; arm < 3; arm++) {
          const own = all.filter((sample) => sample.arm === arm);
          const rewards = meanOf(kind, own, 'reward');
          expectNear(statistics.meanReward[arm]!, rewards.mean);
          expectNear(statistics.rewards[arm]!, rewards.count);
          const costs = meanOf(
            kind,
            own.map((sample) => ({ ...sample, weight: 1 })),
            'cost',
          );
          expectNear(statistics.meanCost[arm]!, costs.mean);
          expectNear(statistics.costs[arm]!, costs.count);
          expect(statistics.highestCost[arm]).toBe(Math.max(0, ...own.map(({ cost }) => cost)));
        }
      }),
    );
  });

  it('forget an arm that is reset, and only that one', () => {
    const statistics = seen(kind);
    statistics.resetRewards(0);
    expect(of(statistics, 0)).toEqual([0, 0, 2, 1, 2]);
    statistics.resetCosts(0);
    expect(of(statistics, 0)).toEqual([0, 0, 0, 0, 0]);
    expect(of(statistics, 1)).toEqual([0.5, 1, 3, 1, 3]);
    statistics.resetCosts(1);
    expect(of(statistics, 1)).toEqual([0.5, 1, 0, 0, 0]);
    statistics.reward(0, 0.25, 2);
    statistics.cost(0, 1);
    expect(of(statistics, 0)).toEqual([0.25, 1, 1, 1, 1]);
  });

  it('keep what was seen when an arm is added', () => {
    const statistics = seen(kind);
    const before = [of(statistics, 0), of(statistics, 1)];
    expect([statistics.addArm(), statistics.size]).toEqual([2, 3]);
    expect([of(statistics, 0), of(statistics, 1), of(statistics, 2)]).toEqual([...before, [0, 0, 0, 0, 0]]);
  });

  it.each<[string, (statistics: ReturnType<typeof seen>) => void]>([
    ['a reward that is no number', (each) => each.reward(0, NaN, 1)],
    ['a reward over 1', (each) => each.reward(0, 1.01, 1)],
    ['a negative reward', (each) => each.reward(0, -0.01, 1)],
    ['no weight', (each) => each.reward(0, 1, 0)],
    ['an infinite weight', (each) => each.reward(0, 1, Infinity)],
    ['a negative cost', (each) => each.cost(0, -1)],
    ['a cost that is no number', (each) => each.cost(0, NaN)],
    ['an absurd cost', (each) => each.cost(0, 1e300)],
    ['an arm that does not exist', (each) => each.reward(2, 1, 1)],
    ['the cost of an arm that does not exist', (each) => each.cost(-1, 1)],
    ['half an arm', (each) => each.reward(0.5, 1, 1)],
  ])('refuse %s, and stay as they were', (_, wrong) => {
    const statistics = seen(kind);
    const before = [of(statistics, 0), of(statistics, 1)];
    expect(() => wrong(statistics)).toThrow(RangeError);
    expect([of(statistics, 0), of(statistics, 1)]).toEqual(before);
  });
});

it.each<StatisticsKind>([
  { kind: 'sliding', samples: 0 },
  { kind: 'sliding', samples: 2.5 },
  { kind: 'sliding', samples: 1e9 },
  { kind: 'discounted', factor: 1 },
  { kind: 'discounted', factor: NaN },
  { kind: 'change-detection', alpha: 0 },
])('there are no statistics of $kind without sound numbers', (kind) => {
  expect(() => createArmStatistics(kind)).toThrow(RangeError);
});

describe('change detection', () => {
  it('knows what an arm costs, and how much one call may, after it has forgotten its rewards', () => {
    const statistics = createArmStatistics({ kind: 'change-detection', alpha: 0.05 });
    statistics.addArm();
    for (let i = 0; i < 400; i++) {
      statistics.reward(0, Number(i < 200), 1);
      statistics.cost(0, i === 0 ? 9 : 1);
    }
    expect(statistics.rewards[0]).toBeLessThan(200);
    expect(of(statistics, 0).slice(2)).toEqual([1.02, 400, 9]);
  });

  it('forgets an arm soon after it has become worse or better, and no other', () => {
    for (const [before, after] of [
      [0.9, 0.75],
      [0.6, 0.8],
    ] as const) {
      const statistics = createArmStatistics({ kind: 'change-detection', alpha: 0.01 });
      statistics.addArm();
      statistics.addArm();
      const random = seededRandom(1);
      const draw = (mean: number): void => {
        statistics.reward(0, Number(random() < mean), 1);
        statistics.reward(1, Number(random() < before), 1);
      };
      for (let i = 0; i < 3000; i++) draw(before);
      expect(statistics.rewards[0]).toBe(3000);
      for (let i = 0; i < 1000; i++) draw(after);
      expect(statistics.rewards[0]).toBeLessThan(1000);
      expect(Math.abs(statistics.meanReward[0]! - after)).toBeLessThan(0.06);
      expect(statistics.rewards[1]).toBe(4000);
    }
  });
});

interface Sample {
  readonly reward: number;
  readonly cost: number;
  readonly weight: number;
}

function meanOf(kind: StatisticsKind, all: readonly Sample[], what: 'reward' | 'cost') {
  const counted = kind.kind === 'sliding' ? all.slice(-kind.samples) : all;
  const factor = kind.kind === 'discounted' ? kind.factor : 1;
  let [values, weights, squares] = [0, 0, 0];
  for (const [i, sample] of counted.entries()) {
    const weight = sample.weight * factor ** (counted.length - 1 - i);
    values += weight * sample[what];
    weights += weight;
    squares += weight * weight;
  }
  return weights > 0 ? { mean: values / weights, count: (weights * weights) / squares } : { mean: 0, count: 0 };
}

function expectNear(value: number, wanted: number): void {
  expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, wanted));
}

function seen(kind: StatisticsKind) {
  const statistics = createArmStatistics(kind);
  statistics.addArm();
  statistics.addArm();
  statistics.reward(0, 1, 1);
  statistics.reward(1, 0.5, 2);
  statistics.cost(0, 2);
  statistics.cost(1, 3);
  return statistics;
}

function of(statistics: ReturnType<typeof seen>, arm: number): (number | undefined)[] {
  const { meanReward, rewards, meanCost, costs, highestCost } = statistics;
  return [meanReward[arm], rewards[arm], meanCost[arm], costs[arm], highestCost[arm]];
}
