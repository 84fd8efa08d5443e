import type { Clock } from '@terrace/core';
import { createMemoryResponseCache, type CacheSettings, type ResponseCacheStore } from '@terrace/core/cache';
import { secureRandom } from '../secure-random.js';

export interface PageCacheStoreOptions {
  readonly memoryOnly: boolean;
  readonly settings: Pick<CacheSettings, 'maxBytes' | 'maxEntries'>;
  readonly clock: Clock;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Where the answers of a page are kept. */
export function openPageCache({ settings }: PageCacheStoreOptions): ResponseCacheStore {
  const { maxBytes, maxEntries } = settings;
  return createMemoryResponseCache({ maxBytes, maxEntries, random: secureRandom });
}
