import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { enoughUsd } from '../enough-usd.js';
import { mean } from './columns.js';
import type { RewardTable } from './reward-table.js';

/** What fixed shares can reach at most, and with which ones. */
export interface StaticOptimum {
  readonly reward: number;
  /** By arm; at most two are above 0. */
  readonly shares: Float64Array;
}

/**
 * The best fixed shares of a table's arms: maximise sum(r p) subject to sum(c p) <= budget and sum(p) = 1. With one budget row
 * an optimum mixes at most two arms, so that all pairs are looked at.
 * @param budget mean cost of a query, in US dollars
 * @param available numbers of the arms that count; all without it
 * @throws InfeasibleBudgetError where even the cheapest arm is dearer than the budget
 */
export function staticLp(
  { arms, rewards, costs }: RewardTable,
  budget: number,
  available: readonly number[] = arms.map((_, arm) => arm),
): StaticOptimum {
  const means = available.map((arm) => ({ arm, reward: mean(rewards[arm]!), cost: mean(costs[arm]!) }));
  let best: StaticOptimum | undefined;
  const offer = (reward: number, mix: readonly (readonly [arm: number, share: number])[]): void => {
    if (best && reward <= best.reward) return;
    best = { reward, shares: new Float64Array(arms.length) };
    for (const [arm, share] of mix) best.shares[arm] = share;
  };
  for (const cheap of means.filter(({ cost }) => cost <= budget)) {
    offer(cheap.reward, [[cheap.arm, 1]]);
    for (const dear of means.filter(({ cost }) => cost > budget)) {
      const share = (budget - cheap.cost) / (dear.cost - cheap.cost);
      offer((1 - share) * cheap.reward + share * dear.reward, [
        [cheap.arm, 1 - share],
        [dear.arm, share],
      ]);
    }
  }
  if (best) return best;
  const smallestFeasible = Math.min(...means.map(({ cost }) => cost));
  throw new InfeasibleBudgetError({
    message: `The budget of ${enoughUsd(budget)} a request is below what the cheapest model costs, ${enoughUsd(smallestFeasible)}.`,
    hint: `Give at least ${enoughUsd(smallestFeasible)} a request.`,
    facts: { budgetPerRequest: budget, smallestFeasible, models: means.length },
  });
}
