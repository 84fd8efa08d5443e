/**
 * Answers that are given again. A host loads it where somebody wants a cache, and a bundle of the runtime has nothing of
 * it.
 */
export { cacheIdentity, createCacheIdentity } from './cache/cache-identity.js';
export { createMemoryResponseCache } from './cache/memory-response-cache.js';
export { tenantOf } from './cache/tenant-of.js';
export { withSweep } from './runtime/cache/swept-store.js';
export { withResponseCache } from './runtime/cache/with-response-cache.js';
export { createForwardCache, type ForwardCache } from './runtime/cache/forward-cache.js';
export { createMarkedLedger, type MarkedLedger } from './runtime/cache/marked-ledger.js';
export type { CacheFacts, CacheOutcome, Saved } from './cache/cache-facts.js';
export {
  DEFAULT_AUDIT_SHARE,
  DEFAULT_CACHE_SETTINGS,
  MAX_ENTRY_BYTES,
  type CacheSettings,
  type SemanticSettings,
} from './cache/cache-settings.js';
export { isTrimDue, MAX_COMPARED_ROWS } from './cache/compared-rows.js';
export { withEndpoints } from './catalog/with-endpoints.js';
export { cacheWishSchema, type CacheWish } from './cache/cache-wish.js';
export { differs, type GuardRule } from './cache/guard/differs.js';
export { guardFeatures } from './cache/guard/guard-features.js';
export { calibratePairs, type CalibrateHitsPorts } from './cache/semantic/calibrate-pairs.js';
export { createSemanticCache, type SemanticPorts } from './cache/semantic/create-semantic-cache.js';
export { groupOf, readGroup, type Group } from './cache/semantic/group.js';
export { readStanding } from './cache/semantic/group-standing.js';
export { certifyHits, type ScoredRow } from './cache/semantic/hit-certificate.js';
export { GUARDED, NEIGHBOURS, scoreOf, type Neighbouring } from './cache/semantic/score.js';
export type {
  CalibrationRow,
  HitCalibration,
  SemanticCache,
  SemanticEnd,
  SemanticStanding,
} from './cache/semantic/semantic-cache.js';
export type {
  CacheChange,
  CacheStats,
  ComparedRow,
  ForgetAnswers,
  KeptAnswer,
  ResponseCacheStore,
} from './ports/response-cache.js';
export type { CacheFace, CacheOptions, CachePorts, ResponseCache } from './runtime/cache/response-cache.js';
export { createEmbed, type Embed, type Embedded } from './runtime/embed/embed.js';
