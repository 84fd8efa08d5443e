import type { ResponseCacheStore } from '@terrace/core/cache';
import { isRefused } from '../indexed-db/database-failure.js';

/**
 * A store of answers for a page whose browser may let nothing be stored: then they last as long as the page.
 * @param openMemory told why, once
 */
export function orInMemory(
  stored: ResponseCacheStore,
  openMemory: (cause: unknown) => ResponseCacheStore,
): ResponseCacheStore {
  let memory: ResponseCacheStore | undefined;

  const use = async <T>(operation: (store: ResponseCacheStore) => Promise<T>): Promise<T> => {
    if (memory) return operation(memory);
    try {
      return await operation(stored);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return operation((memory ??= openMemory(error)));
    }
  };

  return {
    get: (key) => use((store) => store.get(key)),
    put: (answers) => use((store) => store.put(answers)),
    touch: (keys) => use((store) => store.touch(keys)),
    forget: (what) => use((store) => store.forget(what)),
    async *changes(sinceSeq) {
      // What the browser refuses it refuses before the first page.
      yield* await use(async (store) => {
        await store.stats();
        return store.changes(sinceSeq);
      });
    },
    compare: (rows) => use((store) => store.compare(rows)),
    compared: (group, limit) => use((store) => store.compared(group, limit)),
    groups: () => use((store) => store.groups()),
    note: (name) => use((store) => store.note(name)),
    keepNote: (name, json) => use((store) => store.keepNote(name, json)),
    secret: () => use((store) => store.secret()),
    stats: () => use((store) => store.stats()),
    close: async () => void (await Promise.all([stored.close(), memory?.close()])),
  };
}
