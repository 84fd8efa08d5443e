/** What a window is planned of: by arm, over all arms that exist and are not retired. */
export interface WindowProgram {
  readonly rewardUpper: Float64Array;
  readonly costLower: Float64Array;
  /** Share of the traffic an arm can carry, in (0, 1]. */
  readonly carries: Float64Array;
  /** What deploying it in this window takes beside its calls (download, licence, start-up, switching), in US dollars. */
  readonly fixedCost: Float64Array;
  /** Width of the reward's interval: free slots go to the widest. */
  readonly width: Float64Array;
  /** 1 for arms that have to be live: a rollout under way, a trial that was promised. */
  readonly required: Uint8Array;
  /** 1 for arms that are live already: of two that are as good, the one that is there stays. */
  readonly live: Uint8Array;
  /** Least share an arm has while it is live. */
  readonly least: Float64Array;
  /** Most live arms, Mmax; at least 1. */
  readonly maxLive: number;
  /** Requests the window is expected to have: fixed costs are spread over them. */
  readonly requests: number;
  /** Most a request may cost on average, fixed costs included, in US dollars. */
  readonly budget: number;
}

/** Which arms are live in a window. */
export interface WindowPlan {
  /** Numbers of arms, ascending; as many as may be live, where the budget holds what they cost to have. */
  readonly live: readonly number[];
  /** By arm: the shares the plan was made with. They explain it; requests are routed anew. */
  readonly shares: Float64Array;
  readonly expectedReward: number;
  /** A request, fixed costs included. */
  readonly expectedCost: number;
  /** A request. */
  readonly fixedCost: number;
}
