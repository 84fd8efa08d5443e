import type { SimulationReport } from '@terrace/core/deploy';
import { expect, it } from 'vitest';
import { describeSimulation } from './describe-simulation.js';

const band = { mean: 0, low: 0, high: 0 };

const report = (more: object): SimulationReport => ({
  algorithms: {
    stageroute: {
      meanReward: 0.92,
      meanCost: 0.0037,
      overspend: 0,
      regret: 12.4,
      switches: 1.5,
      aiq: undefined,
      windowsToAdopt: undefined,
      bands: { meanReward: band, overspend: band, regret: { mean: 12.4, low: 9, high: 15.6 }, switches: band },
      ...more,
    },
  },
  references: { staticLp: 0.93, bestArm: 0.9288, oracle: 0.972 },
  arms: [],
  seeds: 50,
  requests: 8830,
  windows: 10,
  budget: 0.003742315,
});

it('says what each algorithm came to, and what was within reach', () => {
  expect(describeSimulation(report({}))).toBe(`8,830 requests in 10 windows, US$ 0.003742 a request, 50 seeds

algorithm   reward  of the LP  spent   over   regret  90 % of seeds  switches
stageroute  0.9200  98.9 %     98.9 %  0.0 %  12      9 to 16        1.5

within reach              reward
fixed shares (static LP)  0.9300
one model alone           0.9288
knowing every query       0.9720`);
});

it('shows no number that is none, and no zero below zero', () => {
  const bands = { meanReward: band, overspend: band, regret: { mean: -0.3, low: -0.4, high: 0 }, switches: band };
  const text = describeSimulation({
    ...report({ meanReward: 0, regret: -0.3, bands }),
    references: { staticLp: 0, bestArm: 0, oracle: 0 },
  });
  expect(text).not.toMatch(/NaN|-0/);
});

it('shows what only some simulations have', () => {
  const text = describeSimulation(report({ aiq: 0.91234, windowsToAdopt: 1.25 }));
  expect(text).toContain('switches  AIQ     windows to adopt');
  expect(text).toMatch(/1\.5 +0\.9123 +1\.3/);
});
