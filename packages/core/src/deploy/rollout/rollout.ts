/** Shares of the traffic that a rollout passes through. */
export const ROLLOUT_SHARES = [0.01, 0.1, 0.5, 1] as const;

/** What must not become worse, and by how much it may seem so before the rollout is taken back. */
export interface RolloutGuard {
  /** Points of mean reward in [0, 1] that are no regression. */
  readonly rewardMargin: number;
  /** Shares of the old model's: .1 is 10 % more. Undefined where latency or cost may be what they are. */
  readonly latencyMargin: number | undefined;
  readonly costMargin: number | undefined;
  /** Points of the share of failed requests. */
  readonly errorMargin: number;
  /** P(a rollback of a model that is no worse), over the whole rollout and all tests. */
  readonly alpha: number;
}

/** When a step has seen enough. */
export interface RolloutPace {
  /** Outcomes of the new model, by step, the last one left out: there nothing is compared any more. */
  readonly outcomes: readonly number[];
  /** Whether only those count whose reward is known. Otherwise rewards are not tested at all. */
  readonly labelled: boolean;
  /** A step that takes longer waits on, and says so. */
  readonly patienceMs: number;
}

export type RolloutMetric = 'reward' | 'latency' | 'cost' | 'error';

export type RolloutSide = 'new' | 'old';

export interface Tally {
  readonly n: number;
  readonly sum: number;
}

/** What a latency or a cost is measured by: a quantile of the old model's first ones, which are kept until it is known. */
export type Reference =
  | { readonly kind: 'gathering'; readonly values: readonly number[] }
  | { readonly kind: 'fixed'; readonly value: number };

/** Of a sequential test. All of it is sums and products, and JSON gives them back exactly. */
export interface BettingState {
  /** A non-negative supermartingale that begins at 1 while the new side is no worse than its margin. */
  readonly wealth: number;
  /** What each of the bets has made of its stakes so far. */
  readonly bets: readonly number[];
  /** Bets made. */
  readonly blocks: number;
  /** Badness in [0, 1] of all samples, and of those since the last bet. */
  readonly seen: Readonly<Record<RolloutSide, Tally>>;
  readonly open: Readonly<Record<RolloutSide, Tally>>;
}

/** Running evidence that one metric is worse on the new side. */
export interface TestEvidence extends BettingState {
  readonly metric: RolloutMetric;
  /** Undefined where values are in [0, 1] by themselves. */
  readonly reference: Reference | undefined;
}

/** Of the rewards of a side in this step: the largest weight, and how much of one more reward is saved up. */
export interface Thinning {
  readonly heaviest: number;
  readonly saved: number;
}

export type RolloutState =
  | { readonly kind: 'running' | 'paused' | 'done' }
  | { readonly kind: 'rolled-back'; readonly by: RolloutMetric | 'person'; readonly atWallMs: number };

/** A rollout as it is kept: it goes on from here after a crash. */
export interface Rollout {
  readonly id: string;
  readonly model: string;
  /** The model it is compared with. */
  readonly instead: string;
  /**
   * What a draw decides for: each request by itself, or everything of a key. Then keys have to be many and alike: who of a few
   * is on which side is a difference, too, and tests cannot tell it from one of the models.
   */
  readonly unit: 'request' | 'key';
  readonly guard: RolloutGuard;
  readonly pace: RolloutPace;
  /** Index into the shares. */
  readonly step: number;
  readonly sinceWallMs: number;
  /** Outcomes of the new model in this step, of the kind that the pace counts. */
  readonly outcomes: number;
  readonly evidence: readonly TestEvidence[];
  readonly thinning: Readonly<Record<RolloutSide, Thinning>>;
  readonly state: RolloutState;
}

/** Whether it still holds shares of the requests. */
export const isUnderWay = ({ state: { kind } }: Rollout): boolean => kind === 'running' || kind === 'paused';

/** What an answer was worth, in [0, 1], with 1 / P(it was looked at). */
export interface RolloutReward {
  readonly side: RolloutSide;
  readonly value: number;
  readonly weight: number;
}

/** One outcome on either side. */
export interface RolloutOutcome {
  readonly side: RolloutSide;
  /** Undefined where nobody has said so far: `addRewards` takes what comes later. */
  readonly reward: Omit<RolloutReward, 'side'> | undefined;
  readonly latencyMs: number;
  readonly costUsd: number;
  readonly failed: boolean;
}
