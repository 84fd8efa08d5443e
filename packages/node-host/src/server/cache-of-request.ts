import { InvalidRequestError } from '@terrace/core';
import type { CacheOptions, CacheOutcome, CacheWish } from '@terrace/core/cache';
import type { FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { ServerMetrics } from './server-metrics.js';

/** What became of the texts of a request at the cache; the worst of them. */
export const CACHE_HEADER = 'x-terrace-cache';

/** From what nothing was asked for to what had to be computed. */
const BEST_FIRST: readonly CacheOutcome[] = ['bypass', 'exact', 'semantic', 'miss'];

/** What is told of two texts together: the cache was not asked only where neither asked it. Pure. */
export const worse = (a: CacheOutcome, b: CacheOutcome): CacheOutcome =>
  BEST_FIRST.indexOf(a) > BEST_FIRST.indexOf(b) ? a : b;

const TAGS_HEADER = 'x-terrace-cache-tags';
const TTL_HEADER = 'x-terrace-cache-ttl-ms';
/** More directives, or tags, than anybody needs; of tags more than may be said, so that the rest is not lost in silence. */
const MOST_PARTS = 17;

/**
 * What the headers of a request say of the cache, over what its body says. In the words of HTTP: `no-store` neither looks
 * it up nor keeps it, `no-cache` computes it anew and keeps that. The rest of what the body says stays: an answer that is
 * computed anew keeps its tags and its tenant. Pure.
 * @param said by the body, as it came: what is no wish is left for the cache to refuse
 * @throws InvalidRequestError for a time that is none
 */
export function cacheWishOf(headers: IncomingHttpHeaders, said?: CacheWish): CacheWish | undefined {
  const control = partsOf(headers['cache-control']?.toLowerCase());
  if (control.includes('no-store')) return 'off';
  const isAnew = control.includes('no-cache');
  const { [TAGS_HEADER]: tags, [TTL_HEADER]: ttl } = headers;
  const told = {
    ...(isAnew && { refresh: true }),
    ...(tags !== undefined && { tags: partsOf(String(tags)) }),
    ...(ttl !== undefined && { ttlMs: ttlOf(String(ttl)) }),
  };
  if (Object.keys(told).length === 0 || (said === 'off' && !isAnew)) return said;
  const before = said === undefined || said === 'off' ? {} : said === 'refresh' ? { refresh: true } : said;
  return typeof before === 'object' ? { ...before, ...told } : before;
}

function ttlOf(header: string): number {
  if (DIGITS.test(header)) return Number(header);
  throw new InvalidRequestError({
    message: `The header ${TTL_HEADER} is wrong.`,
    hint: 'Write whole milliseconds, such as 60000, or leave it out.',
    facts: { param: TTL_HEADER },
  });
}

/** From one millisecond to more than a year; of more than that the cache says that it is too long. */
const DIGITS = /^[1-9]\d{0,14}$/;

const partsOf = (header: string | undefined): string[] =>
  header === undefined ? [] : header.split(',', MOST_PARTS).map((each) => each.trim());

/** How a text of a request is put to a runtime with a cache. */
export interface CacheOfRequest {
  readonly wish: { readonly cache?: CacheWish };
  readonly options: CacheOptions;
}

/**
 * @param isCached without a cache nothing is said of one
 * @param said by the body
 */
export function cacheOfRequest(
  { headers, terrace }: FastifyRequest,
  metrics: Pick<ServerMetrics, 'cached'>,
  isCached: boolean,
  said?: CacheWish,
): CacheOfRequest {
  if (!isCached) return { wish: {}, options: {} };
  const wish = cacheWishOf(headers, said);
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
