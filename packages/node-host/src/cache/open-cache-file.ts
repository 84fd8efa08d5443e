import type { StorageError } from '@terrace/core';
import { DEFAULT_CACHE_SETTINGS, type ResponseCacheStore } from '@terrace/core/cache';
import { systemClock } from '../system-clock.js';
import { cacheFileOf } from './cache-path.js';
import { lazyResponseCache } from './lazy-response-cache.js';

/** The answers of a state folder as a command reads them: no model is loaded, and bounds evict nothing. */
export function openCacheFile(home: string, onWarning: (warning: StorageError) => void): ResponseCacheStore {
  const { maxBytes, maxEntries } = DEFAULT_CACHE_SETTINGS;
  return lazyResponseCache({ file: cacheFileOf(home), clock: systemClock, maxBytes, maxEntries, onWarning });
}
