/** What an answer was worth, as somebody found out. */
export interface RewardRecord {
  readonly requestId: string;
  /** Of one source one record a request counts: the first of `check` and `audit`, the last of `feedback`. */
  readonly source: 'feedback' | 'check' | 'audit';
  readonly atWallMs: number;
  readonly model: string;
  /** In [0, 1]. */
  readonly reward: number;
  /** P(the answer was looked at), in (0, 1]: weights are its inverse. 1 for a check of every answer. */
  readonly probability: number;
}

/** What computing costs beside what endpoints charge. */
export interface CostRates {
  readonly usdPerKilowattHour: number;
  /** Price over lifetime: what an hour of the busy device costs. */
  readonly usdPerBusyHour: number;
}
