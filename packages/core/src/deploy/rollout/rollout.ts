/** Shares of the traffic that a rollout passes through. */
export const ROLLOUT_SHARES = [0.01, 0.1, 0.5, 1] as const;

/** What must not become worse, and by how much it may seem so before the rollout is taken back. */
export interface RolloutGuard {
  /** Points of mean reward in [0, 1] that are no regression. */
  readonly rewardMargin: number;
  /** Shares of the old model's: .1 is 10 % more. */
  readonly latencyMargin: number;
  readonly costMargin: number;
  /** Points of the share of failed requests. */
  readonly errorMargin: number;
  /** P(a rollback of a model that is no worse), over the whole rollout and all four tests. */
  readonly alpha: number;
}

export type RolloutMetric = 'reward' | 'latency' | 'cost' | 'error';

/** Running evidence of one test: a non-negative martingale under "no worse than the margin", as its logarithm. */
export interface TestEvidence {
  readonly metric: RolloutMetric;
  readonly samples: number;
  readonly logWealth: number;
  /** What the next bet is made of: sums of the two sides. */
  readonly sums: readonly number[];
}

/** A rollout as it is kept: it goes on from here after a crash. */
export interface Rollout {
  readonly id: string;
  readonly model: string;
  /** The model it is compared with. */
  readonly instead: string;
  /** What a draw decides for: each request by itself, or everything of a key. */
  readonly unit: 'request' | 'key';
  readonly guard: RolloutGuard;
  /** Index into the shares. */
  readonly step: number;
  readonly sinceWallMs: number;
  /** Labelled outcomes of the new model in this step. */
  readonly outcomes: number;
  readonly evidence: readonly TestEvidence[];
  readonly state:
    | { readonly kind: 'running' | 'paused' | 'done' }
    | { readonly kind: 'rolled-back'; readonly metric: RolloutMetric; readonly atWallMs: number };
}

/** One outcome on either side. */
export interface RolloutOutcome {
  readonly side: 'new' | 'old';
  /** In [0, 1], with 1 / P(it was looked at); undefined where nobody said. */
  readonly reward: { readonly value: number; readonly weight: number } | undefined;
  readonly latencyMs: number;
  readonly costUsd: number;
  readonly failed: boolean;
}
