import type { RewardTable } from './reward-table.js';
import { windowsOf } from './scenario-windows.js';
import type { Scenario } from './scenario.js';
import { staticLp } from './static-lp.js';

/**
 * Whether the budget pays for calls at all, in each window: what can be said before the work, which is long.
 * @throws InvalidRequestError for a scenario that does not make sense
 * @throws InfeasibleBudgetError where the cheapest model of some window is dearer than the budget
 */
export function requireBudget(table: RewardTable, scenario: Scenario): void {
  for (const { available, rewards, costs } of windowsOf(table, scenario))
    staticLp({ ...table, rewards, costs }, scenario.settings.budget, available);
}
