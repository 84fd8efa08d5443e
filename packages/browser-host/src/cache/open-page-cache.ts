import type { Clock, StorageError } from '@terrace/core';
import { createMemoryResponseCache, type CacheSettings, type ResponseCacheStore } from '@terrace/core/cache';
import { lastsForThePage } from '../indexed-db/lasts-for-the-page.js';
import { secureRandom } from '../secure-random.js';
import { openIndexedDbResponseCache } from './indexed-db-response-cache.js';
import { orInMemory } from './or-in-memory.js';

export interface PageCacheStoreOptions {
  readonly memoryOnly: boolean;
  readonly settings: Pick<CacheSettings, 'maxBytes' | 'maxEntries'>;
  readonly clock: Clock;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Where the answers of a page are kept. */
export function openPageCache({ memoryOnly, settings, clock, onWarning }: PageCacheStoreOptions): ResponseCacheStore {
  const { maxBytes, maxEntries } = settings;
  const openMemory = () => createMemoryResponseCache({ maxBytes, maxEntries, random: secureRandom });
  if (memoryOnly) return openMemory();
  const name = 'terrace-cache';
  const warn = ({ message }: StorageError): void => onWarning?.(message);
  return orInMemory(openIndexedDbResponseCache({ name, clock, maxBytes, maxEntries, onWarning: warn }), (cause) => {
    warn(lastsForThePage({ noun: 'cache', name }, 'its answers last as long as this page', cause));
    return openMemory();
  });
}
