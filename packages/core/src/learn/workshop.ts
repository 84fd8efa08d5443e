import type { LocalTier } from '../catalog/tier.js';
import type { Lease } from '../load/loader.js';
import type { LocalRung } from '../recommend/choose-ladder.js';

/** What fitting borrows of a running runtime: its loaded models, in between requests. */
export interface Workshop {
  /** The plain models of this device that take deltas, in the variants it answers with, lightest first. */
  rungs(signal?: AbortSignal): Promise<readonly LocalRung[]>;
  /** The same in every variant that fits, those of a model as the catalog has them: what is fastest changes. */
  variants(signal?: AbortSignal): Promise<readonly LocalRung[]>;
  /** A session of the rung with the tier's delta attached, which may be one that is in no catalog. Give it back soon. */
  borrow(
    rung: LocalRung,
    options?: { readonly delta?: LocalTier['delta']; readonly signal?: AbortSignal },
  ): Promise<Lease>;
  /** Whether no request waits or runs. */
  isIdle(): boolean;
}
