import { describe, expect, it } from 'vitest';
import { ladder } from '../../testing/deployment-world.js';
import { startRollout } from '../rollout/start-rollout.js';
import { createArmStatistics } from '../statistics/create-arm-statistics.js';
import { Arms } from './arms.js';
import { holdsOf } from './holds-of.js';

function armsOf(carries: number): Arms {
  const arms = new Arms(createArmStatistics({ kind: 'plain' }));
  arms.update([ladder('old', ['nano']), ladder('new', ['small'], { carries }), ladder('other', ['base'])]);
  return arms;
}

const at = (step: number) => ({
  ...startRollout({ id: 'new-1', model: 'new', instead: 'old', unit: 'request', atWallMs: 0 }),
  step,
});
const control = { kind: 'control', model: 'other', share: 0.2 } as const;
const pilot = {
  name: 'autumn',
  domain: undefined,
  kpis: [],
  baseline: control,
  fromWallMs: 0,
  toWallMs: 1,
  leastRequests: 1,
};

describe('shares that are held', () => {
  it.each([
    [0, { least: 0.01, most: 0.01 }, { least: 0.01, most: 1 }],
    [1, { least: 0.1, most: 0.1 }, { least: 0.1, most: 1 }],
    [2, { least: 0.5, most: 0.5 }, { least: 0.5, most: 1 }],
  ])('at step %s are the share of the rollout, and as much of what it is compared with', (step, own, other) => {
    const holds = holdsOf({ rollouts: [at(step)], pilot: undefined }, armsOf(1));
    expect([...holds]).toEqual([
      [1, own],
      [0, other],
    ]);
  });

  it('are no more than a model can carry', () => {
    expect(holdsOf({ rollouts: [at(2)], pilot: undefined }, armsOf(0.3)).get(1)).toEqual({ least: 0.3, most: 0.3 });
  });

  it('are those of a control group as well, and none of a rollout that is over', () => {
    const over = { ...at(1), state: { kind: 'done' } } as const;
    expect([...holdsOf({ rollouts: [over], pilot }, armsOf(1))]).toEqual([[2, { least: 0.2, most: 0.2 }]]);
  });
});
