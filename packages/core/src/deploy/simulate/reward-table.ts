/** Rewards and costs of every arm on every query, as columns. */
export interface RewardTable {
  readonly arms: readonly string[];
  readonly rows: number;
  /** [arms][rows]; rewards in [0, 1], costs in US dollars, not negative. */
  readonly rewards: readonly Float64Array[];
  readonly costs: readonly Float64Array[];
  /** Row-major [rows, width], for contextual routing. */
  readonly features?: { readonly width: number; readonly values: Float32Array } | undefined;
}
