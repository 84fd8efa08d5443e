/** Where a model of a deployment stands. */
export type LifeStage = 'planned' | 'downloading' | 'starting' | 'live' | 'draining' | 'retired';

export interface ModelLife {
  readonly model: string;
  readonly stage: LifeStage;
  readonly sinceWallMs: number;
  /** Why it is retired, or was sent back: `not-planned`, `start-failed`, `rolled-back`, `removed`. */
  readonly reason: string | undefined;
  /** Starts that failed since it was last live: the next one waits longer. */
  readonly failures: number;
}

export type LifeEvent =
  | { readonly kind: 'plan' }
  | { readonly kind: 'downloaded' }
  | { readonly kind: 'started' }
  /** The download, the load or the golden test failed. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Others answer in its place; `not-planned`, `rolled-back` or `removed`. */
  | { readonly kind: 'replaced'; readonly reason: string }
  /** No request uses it any more. */
  | { readonly kind: 'drained' };
