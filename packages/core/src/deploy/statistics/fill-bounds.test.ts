import { describe, expect, it } from 'vitest';
import { createArmStatistics } from './create-arm-statistics.js';
import { fillBounds } from './fill-bounds.js';

const published = { multiplier: 1, delta: 0.05, horizon: 1000, costScale: 1, minCost: 0, maxCost: Infinity };

function bounds(settings: Partial<typeof published> & { expectedCost?: Float64Array }) {
  const statistics = createArmStatistics({ kind: 'plain' });
  statistics.addArm();
  statistics.addArm();
  for (let i = 0; i < 400; i++) {
    statistics.reward(0, i % 4 === 0 ? 1 : 0, 1);
    statistics.cost(0, i % 2 === 0 ? 0.01 : 0.03);
  }
  const out = { rewardUpper: new Float64Array(2), costLower: new Float64Array(2) };
  fillBounds(statistics, { ...published, ...settings }, out);
  return out;
}

// gamma = log(2 * 1000 / .05) = 10.596635; of the mean .25 after 400: sqrt(gamma * .25 / 400) + gamma / 400 = .107873
describe('what is hoped of an arm', () => {
  it('is as published with a multiplier of 1', () => {
    expect(bounds({}).rewardUpper[0]).toBeCloseTo(0.25 + 2 * 0.107873, 5);
    expect(bounds({}).costLower[0]).toBe(0);
  });

  it('is less with a smaller multiplier', () => {
    expect(bounds({ multiplier: 0.05 }).rewardUpper[0]).toBeCloseTo(0.25 + 0.1 * 0.107873, 6);
    expect(bounds({ multiplier: 0 })).toMatchObject({ rewardUpper: Float64Array.of(0.25, 1) });
  });

  it('takes the radius of a cost in the scale of costs', () => {
    // .04 * (sqrt(gamma * .5 / 400) + gamma / 400) = .0056631
    const { costLower } = bounds({ multiplier: 0.5, costScale: 0.04 });
    expect(costLower[0]).toBeCloseTo(0.02 - 0.0056631, 6);
  });

  it('is everything where nothing was seen, and its price where that is known', () => {
    expect(bounds({}).rewardUpper[1]).toBe(1);
    expect(bounds({ minCost: 0.001 }).costLower[1]).toBe(0.001);
    expect(bounds({ expectedCost: Float64Array.of(0.5, 0.7) }).costLower[1]).toBe(0.7);
    expect(bounds({ expectedCost: Float64Array.of(NaN, NaN) }).costLower[1]).toBe(0);
  });

  it('stays between the least and the most a request can cost', () => {
    expect(bounds({ multiplier: 0, maxCost: 0.015 }).costLower[0]).toBe(0.015);
    expect(bounds({ multiplier: 1, minCost: 0.002 }).costLower[0]).toBe(0.002);
  });
});
