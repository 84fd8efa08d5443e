import { InvalidRequestError } from '@terrace/core';
import { z } from 'zod';
import type { NodeCacheOptions } from '../cache/open-node-cache.js';
import { parseBytes, parseDurationMs, parseShare } from './quantities.js';

/** The cache of a server, as `terrace.config.json` says it; `false` turns it off. */
export const cacheConfigSchema = z.union([
  z.boolean(),
  z.strictObject({
    /** Most that answers may take on disk, e.g. `256MiB`. */
    bytes: z.string().optional(),
    /** Longest that an answer is given again, e.g. `7d`. */
    ttl: z.string().optional(),
    /** Most of the answers to questions that are only alike that may be wrong, e.g. `1%`. */
    semantic: z.string().optional(),
    /** Nothing is written to disk. */
    memoryOnly: z.boolean().optional(),
  }),
]);

export type CacheConfig = z.infer<typeof cacheConfigSchema>;

/** Flags of a command that keeps answers. */
export interface CacheFlags {
  /** False where nobody wants one. */
  readonly cache?: boolean;
  readonly cacheBytes?: number;
  /** Milliseconds. */
  readonly cacheTtl?: number;
  readonly cacheMemoryOnly?: boolean;
  /** In (0, 1). */
  readonly semanticCache?: number;
}

/**
 * What flags, the environment (`TERRACE_CACHE`, `TERRACE_CACHE_BYTES`, `TERRACE_CACHE_TTL`, `TERRACE_SEMANTIC_CACHE`) and
 * the configuration say of the cache, the first that says something; false where it is off.
 */
export function cacheOptions(
  flags: CacheFlags,
  config: CacheConfig | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): NodeCacheOptions | false {
  const said = switchOf(environment['TERRACE_CACHE']) ?? config !== false;
  if (flags.cache === false || !said) return false;
  const { bytes, ttl, semantic, memoryOnly } = typeof config === 'object' ? config : {};
  const given = <T>(flag: T | undefined, text: string | undefined, parse: (text: string) => T): T | undefined =>
    flag ?? (text ? parse(text) : undefined);
  const maxBytes = given(flags.cacheBytes, environment['TERRACE_CACHE_BYTES'] || bytes, parseBytes);
  const ttlMs = given(flags.cacheTtl, environment['TERRACE_CACHE_TTL'] || ttl, parseDurationMs);
  const rate = given(flags.semanticCache, environment['TERRACE_SEMANTIC_CACHE'] || semantic, parseShare);
  if (rate !== undefined && !(rate > 0 && rate < 1)) throw noRate();
  return {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(rate !== undefined && { semantic: { maxWrongHitRate: rate } }),
    ...((flags.cacheMemoryOnly ?? memoryOnly) && { memoryOnly: true }),
  };
}

/** Undefined when nothing is said; a word that is none of these asks for what computes every answer. */
const switchOf = (text: string | undefined): boolean | undefined =>
  text ? ['1', 'true', 'yes', 'on'].includes(text.toLowerCase()) : undefined;

const noRate = (): InvalidRequestError =>
  new InvalidRequestError({
    message: 'The share of wrong answers from the semantic cache must be more than 0 and less than 1.',
    hint: 'Write it like 1%, or leave it out: only the same request is answered from memory then.',
  });
