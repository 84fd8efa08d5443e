import type { UseStore } from 'idb-keyval';
import type { RateRecords } from '../probe/provider-rates.js';
import { del, get, keys, set } from './values.js';

/** A browser brings a new version, and with it a new key, every few weeks. */
const MAX_RECORDS = 64;

/** What the probe has measured, in a store of its own. */
export function createRateRecords({ store }: { readonly store: UseStore }): RateRecords {
  return {
    read: (key) => get<unknown>(key, store),
    async write(key, rates) {
      const known = await keys(store);
      // They cost nothing to measure again but time, so that it is not worth knowing which are the oldest.
      if (known.length >= MAX_RECORDS) await Promise.all(known.map((old) => del(old, store)));
      await set(key, rates, store);
    },
  };
}
