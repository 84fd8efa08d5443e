/** How a cache keeps answers. */
export interface CacheSettings {
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** Longest that an answer may be given again, in milliseconds. */
  readonly ttlMs: number;
  /** Undefined: only the same request is answered from memory. */
  readonly semantic: SemanticSettings | undefined;
}

export interface SemanticSettings {
  /** Most of the semantic hits that may be wrong, in (0, 1). */
  readonly maxWrongHitRate: number;
  /** Share of certified hits that are computed all the same, to go on knowing how many are wrong; in (0, 1]. */
  readonly auditShare: number;
}

export const DEFAULT_CACHE_SETTINGS: CacheSettings = {
  maxBytes: 256 * 1024 * 1024,
  maxEntries: 100_000,
  ttlMs: 7 * 86_400_000,
  semantic: undefined,
};

export const DEFAULT_AUDIT_SHARE = 0.02;

/** Larger answers are not kept, and what claims to be one is not read. */
export const MAX_ENTRY_BYTES = 256 * 1024;
