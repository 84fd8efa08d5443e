import type { SelfTestKey, SelfTestRecord, SelfTestRecords } from '@terrace/core';
import { delMany, entries, set, type UseStore } from 'idb-keyval';
import { isRefused } from '../indexed-db/database-failure.js';
import { isSelfTestRecord } from './is-self-test-record.js';

/** Oldest ones go first; a device sees a few variants and versions a year. */
const MAX_RECORDS = 256;

/** Self-tests in a store of their own, one value each. A damaged one is none, which costs a test. */
export function createSelfTestRecords({ store }: { readonly store: UseStore }): SelfTestRecords {
  const own = new Map<string, SelfTestRecord>();

  const read = async (): Promise<Map<string, SelfTestRecord>> => {
    const found = await entries<string, unknown>(store);
    return new Map(
      found.flatMap(([key, value]) => (isSelfTestRecord(value) && nameOf(value) === key ? [[key, value]] : [])),
    );
  };

  const keep = async (name: string, record: SelfTestRecord): Promise<void> => {
    await set(name, record, store);
    const kept = await entries<string, unknown>(store);
    const old = kept
      .map(([key, value]) => ({ key, atWallMs: isSelfTestRecord(value) ? value.testedAtWallMs : -Infinity }))
      .toSorted((a, b) => b.atWallMs - a.atWallMs)
      .slice(MAX_RECORDS);
    if (old.length > 0)
      await delMany(
        old.map(({ key }) => key),
        store,
      );
  };

  return {
    async list() {
      const kept = await read().catch(() => new Map<string, SelfTestRecord>());
      return [...new Map([...kept, ...own]).values()];
    },
    async put(record) {
      const name = nameOf(record);
      own.set(name, record);
      try {
        await keep(name, record);
      } catch (error) {
        // A page that may store nothing has been told so: of its models, or of its ledger.
        if (!isRefused(error)) throw error;
      }
    },
  };
}

const nameOf = ({ variantId, provider, runtimeVersion, cpu, format }: SelfTestKey): string =>
  JSON.stringify([variantId, provider, runtimeVersion, cpu, format]);
