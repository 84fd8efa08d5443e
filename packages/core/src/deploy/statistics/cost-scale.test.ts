import { expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { CostScale } from './cost-scale.js';
import { createArmStatistics } from './create-arm-statistics.js';

const unknown = Float64Array.of(NaN, NaN, NaN);

function three() {
  const statistics = createArmStatistics({ kind: 'sliding', samples: 3 });
  for (let arm = 0; arm < 3; arm++) statistics.addArm();
  return { statistics, scale: new CostScale(statistics) };
}

it('is the dearest price before anything was paid, and a dollar before there is one', () => {
  const { scale } = three();
  scale.follow(0, unknown);
  expect(scale.value).toBe(1);
  expect(scale.follow(0, Float64Array.of(0.2, NaN, 0.4))).toBe(true);
  expect(scale.value).toBe(0.4);
});

it('is a dollar where everything was free', () => {
  const { statistics, scale } = three();
  statistics.cost(1, 0);
  scale.follow(1, unknown);
  expect(scale.value).toBe(1);
});

it('follows the dearest mean up and down, from arm to arm', () => {
  const { statistics, scale } = three();
  const random = seededRandom(1);
  for (let i = 0; i < 500; i++) {
    const arm = Math.floor(3 * random());
    if (random() < 0.05) statistics.resetCosts(arm);
    else statistics.cost(arm, random() ** 3);
    const before = scale.value;
    expect(scale.follow(arm, unknown)).toBe(scale.value !== before);
    expect(scale.value).toBe(Math.max(...statistics.meanCost) || 1);
  }
});
