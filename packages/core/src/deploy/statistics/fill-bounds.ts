import type { ArmStatistics } from './arm-statistics.js';
import type { BoundSettings, Bounds } from './bounds.js';

/**
 * For every arm, the most its reward and the least its cost may be: mean +- 2 multiplier radius, with
 * radius(v, n) = sqrt(gamma v / n) + gamma / n, v = the mean itself and gamma = log(arms horizon / delta). Costs are
 * measured in `costScale`. Of an arm that was not seen yet everything is hoped. Allocates nothing.
 * @see "Keeping Up with the Models" (arXiv 2506.17254), which leaves v open and has the multiplier 1
 */
export function fillBounds(statistics: ArmStatistics, settings: BoundSettings, out: Bounds): void {
  const all = { ...settings, gamma: logOfTrials(statistics.size, settings) };
  for (let arm = 0; arm < statistics.size; arm++) {
    out.rewardUpper[arm] = rewardUpper(statistics, arm, all);
    out.costLower[arm] = costLower(statistics, arm, all);
  }
}

/** gamma = log(N T / delta); 0 where that would be less. */
export function logOfTrials(arms: number, { horizon, delta }: Pick<BoundSettings, 'horizon' | 'delta'>): number {
  return Math.max(0, Math.log((arms * horizon) / delta));
}

export interface ArmBounds extends Omit<BoundSettings, 'horizon' | 'delta'> {
  /** Of `logOfTrials`. */
  readonly gamma: number;
}

export function rewardUpper(statistics: ArmStatistics, arm: number, { multiplier, gamma }: ArmBounds): number {
  const count = statistics.rewards[arm]!;
  if (count === 0) return 1;
  const mean = statistics.meanReward[arm]!;
  return Math.min(1, mean + 2 * multiplier * radius(mean, count, gamma));
}

export function costLower(statistics: ArmStatistics, arm: number, bounds: ArmBounds): number {
  const { multiplier, gamma, costScale, minCost, maxCost, expectedCost } = bounds;
  const count = statistics.costs[arm]!;
  if (count === 0) {
    const expected = expectedCost?.[arm] ?? NaN;
    return Number.isNaN(expected) ? minCost : clip(expected, minCost, maxCost);
  }
  const mean = statistics.meanCost[arm]!;
  const width = 2 * multiplier * costScale * radius(mean / costScale, count, gamma);
  return clip(mean - width, minCost, maxCost);
}

/** What a mean of values about 1 may be off by. */
export function radius(mean: number, count: number, gamma: number): number {
  return Math.sqrt((gamma * mean) / count) + gamma / count;
}

const clip = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
