import type { Clock } from '@terrace/core';
import { createMemoryResponseCache, type CacheSettings, type ResponseCacheStore } from '@terrace/core/cache';
import { secureRandom } from '../secure-random.js';
import { openIndexedDbResponseCache } from './indexed-db-response-cache.js';

export interface PageCacheStoreOptions {
  readonly memoryOnly: boolean;
  readonly settings: Pick<CacheSettings, 'maxBytes' | 'maxEntries'>;
  readonly clock: Clock;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Where the answers of a page are kept. */
export function openPageCache({ memoryOnly, settings, clock, onWarning }: PageCacheStoreOptions): ResponseCacheStore {
  const { maxBytes, maxEntries } = settings;
  if (memoryOnly) return createMemoryResponseCache({ maxBytes, maxEntries, random: secureRandom });
  return openIndexedDbResponseCache({
    name: 'terrace-cache',
    clock,
    maxBytes,
    maxEntries,
    onWarning: ({ message }) => onWarning?.(message),
  });
}
