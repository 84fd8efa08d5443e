import { describe, expect, it } from 'vitest';
import { exhaustiveSolver } from '../../../testing/exhaustive-solver.js';
import { seededRandom } from '../../../testing/seeded-random.js';
import type { RewardTable } from '../reward-table.js';
import { simulate } from '../simulate.js';
import { DEFAULT_STAGE_ROUTE } from '../../create-stage-route.js';

/** Queries of two kinds, and arms of which each is good at one of them. */
function table(signal: number): RewardTable {
  const random = seededRandom(1);
  const rows = 400;
  const values = new Float32Array(rows * 6);
  const rewards = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    const kind = row % 2;
    for (let i = 0; i < 6; i++) values[row * 6 + i] = (i === kind ? 2 : 0) + random() - 0.5;
    for (const arm of [0, 1]) rewards[arm]![row] = 0.5 + 0.2 * (random() - 0.5) + (arm === kind ? signal : -signal);
  }
  const costs = [new Float64Array(rows).fill(0.001), new Float64Array(rows).fill(0.002)];
  return { arms: ['a', 'b'], rows, rewards, costs, features: { width: 6, values } };
}

const run = async (algorithm: 'contextual' | 'stageroute', signal: number) =>
  simulate({
    table: table(signal),
    scenario: {
      windows: 3,
      requests: 2000,
      events: [],
      settings: { ...DEFAULT_STAGE_ROUTE, maxLive: 2, budget: 0.0016 },
      carries: [1, 1],
      fixedCost: [0, 0],
    },
    algorithm,
    seed: 1,
    solver: exhaustiveSolver,
  });

describe('the controller that reads requests', () => {
  it('learns which arm is good at what, within the budget', async () => {
    const [own, plain] = [await run('contextual', 0.3), await run('stageroute', 0.3)];
    expect(plain.meanReward).toBeLessThan(0.55);
    expect(own.meanReward).toBeGreaterThan(0.7);
    expect(own.overspend).toBeLessThan(0.002);
  });

  it('is no worse than the one that does not, where there is nothing to read', async () => {
    const [own, plain] = [await run('contextual', 0), await run('stageroute', 0)];
    expect(own.meanReward).toBeGreaterThan(plain.meanReward - 0.005);
    expect(own.overspend).toBeLessThan(0.002);
  });
});
