import type { ModelStanding } from '../deployment-control.js';
import type { DeploymentState } from '../deployment-state.js';
import { costLower, logOfTrials, rewardUpper } from '../statistics/fill-bounds.js';
import type { Arms } from './arms.js';
import type { PlanningPorts } from './controller-ports.js';

/** Every model that is configured, in that order, as a person looks at it. */
export function standingsOf({
  state,
  arms,
  routing,
  requests,
  shares,
}: Pick<PlanningPorts, 'routing'> & {
  readonly state: DeploymentState;
  readonly arms: Arms;
  readonly requests: number;
  readonly shares: Readonly<Record<string, number>>;
}): ModelStanding[] {
  const { statistics } = arms;
  const { multiplier, delta } = routing;
  const costScale = Math.max(...statistics.meanCost, 0) || 1;
  const gamma = logOfTrials(statistics.size, { horizon: requests, delta });
  const bounds = { multiplier, gamma, costScale, minCost: 0, maxCost: Infinity };
  return state.models.flatMap(({ model, stage }) => {
    const arm = arms.numberOf(model);
    if (arm === undefined) return [];
    const rewards = statistics.rewards[arm]!;
    const costs = statistics.costs[arm]!;
    return [
      {
        model,
        stage,
        requests: costs,
        rewards,
        meanReward: rewards > 0 ? statistics.meanReward[arm]! : undefined,
        meanCostUsd: costs > 0 ? statistics.meanCost[arm]! : undefined,
        rewardUpper: rewardUpper(statistics, arm, bounds),
        costLowerUsd: costLower(statistics, arm, bounds),
        share: shares[model] ?? 0,
      },
    ];
  });
}
