import type { Clock, StorageError } from '@terrace/core';
import type { ResponseCacheStore } from '@terrace/core/cache';
import { createLazyStore } from '../sqlite/lazy-store.js';
import { cacheSchema } from './cache-schema.js';
import { changePages, type WatchedResponseCache } from './watched-response-cache.js';

export interface LazyResponseCacheOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly maxBytes?: number;
  readonly maxEntries?: number;
  /** Told of a damaged file that was set aside. */
  readonly onWarning: (warning: StorageError) => void;
}

/** Answers on disk with a front in memory, whose file is made when there is the first one to keep. */
export function lazyResponseCache({ onWarning, ...options }: LazyResponseCacheOptions): ResponseCacheStore {
  const { file, clock } = options;
  /** Whoever keeps answers has sealed them with it: under another one they would be none after a restart. */
  let secret: Uint8Array | undefined;
  const { use, useIfThere, close } = createLazyStore<WatchedResponseCache>({
    noun: cacheSchema.noun,
    file,
    clock,
    async open() {
      const [{ openSqliteResponseCache }, { withMemoryFront }] = await Promise.all([
        import('./sqlite-response-cache.js'),
        import('./memory-front.js'),
      ]);
      const store = await openSqliteResponseCache({ ...options, secret });
      try {
        if (secret) await store.secret();
      } catch (error) {
        await store.close();
        throw error;
      }
      return withMemoryFront(store, { clock });
    },
    damagedHint: 'Answers gather anew; nothing else was lost.',
    onWarning,
  });
  return {
    get: (key) => useIfThere(undefined, (store) => store.get(key)),
    put: (answers) => use((store) => store.put(answers)),
    touch: (keys) => useIfThere(undefined, (store) => store.touch(keys)),
    forget: (what) => useIfThere(0, (store) => store.forget(what)),
    changes: (sinceSeq) => changePages(sinceSeq, (since) => useIfThere([], (store) => store.page(since))),
    compare: (rows) => use((store) => store.compare(rows)),
    compared: (group, limit) => useIfThere([], (store) => store.compared(group, limit)),
    groups: () => useIfThere([], (store) => store.groups()),
    note: (name) => useIfThere(undefined, (store) => store.note(name)),
    keepNote: (name, json) => use((store) => store.keepNote(name, json)),
    async secret() {
      secret = await use((store) => store.secret());
      return secret.slice();
    },
    stats: () => useIfThere({ entries: 0, bytes: 0, oldestWallMs: undefined }, (store) => store.stats()),
    close,
  };
}
