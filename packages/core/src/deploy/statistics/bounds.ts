/** How optimism is measured. Defaults: multiplier .05, delta .05; `multiplier: 1` is the published form. */
export interface BoundSettings {
  readonly multiplier: number;
  readonly delta: number;
  /** Requests of the whole horizon, T. */
  readonly horizon: number;
  /**
   * What costs are measured in while their radius is taken: the formula is for values about 1, and a dollar would make the
   * radius of a tenth of a cent a hundred times the cost itself. The dearest mean cost there is.
   */
  readonly costScale: number;
  /** By arm, before the first request it was paid for: its price; NaN where nobody knows. */
  readonly expectedCost?: Float64Array | undefined;
  readonly minCost: number;
  readonly maxCost: number;
}

/** By arm: what is hoped of its reward (upper bound) and of its cost (lower bound). */
export interface Bounds {
  readonly rewardUpper: Float64Array;
  readonly costLower: Float64Array;
}
