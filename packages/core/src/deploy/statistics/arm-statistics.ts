/**
 * What was seen of each arm of a deployment. Arms are numbered 0, 1, ... in the order they arrived and keep their numbers.
 * Rewards and costs are counted apart: what an answer cost is known at once, what it was worth often later, or never.
 */
export interface ArmStatistics {
  /** Makes room for one arm more, of which nothing was seen. @returns its number */
  addArm(): number;
  /** @param reward in [0, 1] @param weight 1 / P(it was looked at); 1 for a reward of every answer */
  reward(arm: number, reward: number, weight: number): void;
  /** @param cost in US dollars, not negative */
  cost(arm: number, cost: number): void;
  /** Forgets what an arm's answers were worth, because it has changed. */
  resetRewards(arm: number): void;
  /** Forgets what an arm has cost, because its price has changed. */
  resetCosts(arm: number): void;
  readonly size: number;
  /** By arm. Read only; the same arrays until `addArm`. Means are 0 where nothing was seen. */
  readonly meanReward: Float64Array;
  readonly meanCost: Float64Array;
  /** The highest cost of a single request since its costs were reset, however long ago; 0 where nothing was seen. What is left of a budget may not hold it any more. */
  readonly highestCost: Float64Array;
  /** Effective numbers: (sum of weights)^2 / sum of squares for rewards, decayed where old ones count less. */
  readonly rewards: Float64Array;
  readonly costs: Float64Array;
}

/** How the past counts. `plain` is the published form. */
export type StatisticsKind =
  | { readonly kind: 'plain' }
  /** The latest `samples` of each arm, at most 100,000. */
  | { readonly kind: 'sliding'; readonly samples: number }
  /**
   * Each sample of an arm makes those before count `factor` of what they did; in (0, 1). Samples of others do not: what is
   * known of an arm that is seldom asked would be forgotten, and it be tried anew again and again.
   */
  | { readonly kind: 'discounted'; readonly factor: number }
  /** All since the last change: a two-sided test a sample, which resets an arm at a false alarm rate of `alpha` in all. */
  | { readonly kind: 'change-detection'; readonly alpha: number };
