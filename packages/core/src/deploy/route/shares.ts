/** The program of one request, over live arms: by arm, and of one length. */
export interface ShareProgram {
  readonly reward: Float64Array;
  readonly cost: Float64Array;
  /** Least and most share of each arm: a trial or a canary has both, throughput bounds the other. 0 <= least <= most <= 1. */
  readonly least: Float64Array;
  readonly most: Float64Array;
  /** Most the mean cost may be. */
  readonly budget: number;
}

/** Where the shares come to lie. */
export type ShareOutcome =
  | { readonly kind: 'feasible'; /** Of the budget row: what a dollar more would bring. */ readonly multiplier: number }
  /** No shares are within the budget: they are the cheapest ones, and cost this. */
  | { readonly kind: 'over-budget'; readonly cheapest: number };
