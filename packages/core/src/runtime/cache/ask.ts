import type { CacheWish } from '../../cache/cache-wish.js';
import type { Asked } from '../../cache/canonical/asked.js';
import type { CanonicalRequest } from '../../cache/canonical/canonical-request.js';
import type { SemanticLook } from '../../cache/semantic/semantic-cache.js';
import type { AnyInput, AnyOptions } from './answers.js';

/** What a request says of the cache, as it was parsed. */
export type Wish = Exclude<CacheWish, string>;

/** A request that may be answered from memory. */
export interface Ask {
  /** Without what it says to the cache. */
  readonly input: AnyInput;
  readonly options: AnyOptions;
  readonly wish: Wish;
  readonly asked: Asked;
  readonly canonical: CanonicalRequest;
  /** A keyed hash. */
  readonly tenant: string;
  readonly identity: string;
  readonly fromMs: number;
  /** What was forgotten before it was asked. */
  readonly epoch: number;
}

/** The same after a look that found no answer it may have. */
export interface Missed extends Ask {
  readonly look: SemanticLook | undefined;
  /** Of a hit that is computed to check it: what it would have answered, where it is still there. */
  readonly audited: { readonly answerId: string | undefined; readonly probability: number } | undefined;
}
