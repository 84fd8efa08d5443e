import type { CacheOptions, CacheOutcome, CacheWish } from '@terrace/core/cache';
import type { FastifyRequest } from 'fastify';
import type { ServerMetrics } from './server-metrics.js';

/** What became of the texts of a request at the cache; the worst of them. */
export const CACHE_HEADER = 'x-terrace-cache';

/** From what nothing was asked for to what had to be computed. */
const BEST_FIRST: readonly CacheOutcome[] = ['bypass', 'exact', 'semantic', 'miss'];

/** What is told of two texts together: the cache was not asked only where neither asked it. Pure. */
export const worse = (a: CacheOutcome, b: CacheOutcome): CacheOutcome =>
  BEST_FIRST.indexOf(a) > BEST_FIRST.indexOf(b) ? a : b;

/**
 * What a request says of the cache in the words of HTTP, over what its body says: `no-store` neither looks it up nor keeps
 * it, `no-cache` computes it anew and keeps that. Pure.
 */
export function cacheWishOf(control: string | undefined): Extract<CacheWish, string> | undefined {
  const directives = (control ?? '')
    .toLowerCase()
    .split(',', 16)
    .map((each) => each.trim());
  if (directives.includes('no-store')) return 'off';
  return directives.includes('no-cache') ? 'refresh' : undefined;
}

/** How a text of a request is put to a runtime with a cache. */
export interface CacheOfRequest {
  readonly wish: { readonly cache?: CacheWish };
  readonly options: CacheOptions;
}

/** @param isCached without a cache nothing is said of one */
export function cacheOfRequest(
  { headers, terrace }: FastifyRequest,
  metrics: Pick<ServerMetrics, 'cached'>,
  isCached: boolean,
): CacheOfRequest {
  if (!isCached) return { wish: {}, options: {} };
  const wish = cacheWishOf(headers['cache-control']);
  return {
    wish: wish === undefined ? {} : { cache: wish },
    options: {
      onCache(outcome) {
        terrace.cache = terrace.cache === undefined ? outcome : worse(terrace.cache, outcome);
        metrics.cached(outcome);
      },
    },
  };
}

/** The header of an answer; none where no cache was there to be asked. */
export const cacheHeader = ({ terrace: { cache } }: FastifyRequest): Record<string, string> =>
  cache === undefined ? {} : { [CACHE_HEADER]: cache };
