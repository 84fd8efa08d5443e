import type { Clock } from '@terrace/core';
import type { FeatureCache } from '@terrace/core/deltas';
import { clear, get, getMany, setMany } from 'idb-keyval';
import { openKeyValueStore } from '../records/key-value-store.js';

/** 40,000 rows of 384 features: more than anybody fits in a page. */
const MOST_BYTES = 64 << 20;
const BYTES = 'bytes';

/** Keeps features in IndexedDB. When it is full it begins anew: what is lost is made again. */
export function createFeatureCache({
  name,
  clock,
  mostBytes = MOST_BYTES,
}: {
  readonly name: string;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly mostBytes?: number;
}): FeatureCache {
  const store = openKeyValueStore({ name, clock });
  const usedBytes = async (): Promise<number> => Number((await get<unknown>(BYTES, store)) ?? 0);
  return {
    async read(space, keys) {
      const none = keys.map(() => undefined);
      const found = await getMany<unknown>(
        keys.map((key) => `${space} ${key}`),
        store,
      ).catch(() => none);
      return found.map((row) => (row instanceof Float32Array ? row : undefined));
    },
    async write(space, rows) {
      try {
        // Some rows are no longer than a number: what they are known by takes more.
        const bytes = [...rows].reduce((sum, [key, row]) => sum + space.length + key.length + row.byteLength, 0);
        let used = await usedBytes();
        if (used + bytes > mostBytes) {
          await clear(store);
          used = 0;
        }
        const own = [...rows].map(([key, row]): [string, Float32Array] => [`${space} ${key}`, row.slice()]);
        await setMany([...own, [BYTES, used + bytes]], store);
      } catch {
        // No fit fails for it.
      }
    },
  };
}
