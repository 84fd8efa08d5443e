/** How an answer came out of the cache: plain data, a part of results. */
export interface CacheFacts {
  /** `exact`: the same request. `semantic`: one that a certificate counts as the same. */
  readonly kind: 'exact' | 'semantic';
  /** Since it was computed; never negative. */
  readonly ageMs: number;
  /** The request that computed it. */
  readonly from: string;
  /** Of a semantic hit: higher is more alike. */
  readonly score: number | undefined;
  /** Of a semantic hit: the bound on wrong hits that it rests on, in (0, 1). */
  readonly maxWrongHitRate: number | undefined;
  /** What the first answer took, which this one did not. */
  readonly saved: Saved;
}

export interface Saved {
  readonly costUsd: number;
  /** Input and output. */
  readonly tokens: number;
  readonly durationMs: number;
}

/** What became of a request at the cache; `bypass`: it was not asked. */
export type CacheOutcome = 'exact' | 'semantic' | 'miss' | 'bypass';
