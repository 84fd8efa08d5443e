import { expect, it } from 'vitest';
import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { DEFAULT_STAGE_ROUTE } from '../create-stage-route.js';
import { requireBudget } from './require-budget.js';
import type { ScenarioEvent } from './scenario.js';

const table = {
  arms: ['cheap', 'dear'],
  rows: 1,
  rewards: [Float64Array.of(0.5), Float64Array.of(0.9)],
  costs: [Float64Array.of(1), Float64Array.of(3)],
};

const checked = (budget: number, ...events: ScenarioEvent[]) => {
  const settings = { ...DEFAULT_STAGE_ROUTE, maxLive: 2, budget };
  requireBudget(table, { windows: 3, requests: 9, events, settings, carries: [1, 1], fixedCost: [0, 0] });
};

it('a budget has to pay for a model in every window, as prices and models are then', () => {
  checked(1);
  expect(() => checked(0.9)).toThrow(InfeasibleBudgetError);
  checked(0.9, { kind: 'price', window: 0, arm: 0, factor: 0.5 });
  expect(() => checked(2, { kind: 'price', window: 2, arm: 0, factor: 2.5 })).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ smallestFeasible: 2.5 }) }),
  );
  expect(() => checked(2, { kind: 'departure', window: 1, arm: 0 })).toThrow(InfeasibleBudgetError);
});
