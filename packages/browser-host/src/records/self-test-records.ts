import type { SelfTestKey, SelfTestRecord, SelfTestRecords } from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import { isRefused } from '../indexed-db/database-failure.js';
import { isSelfTestRecord } from './is-self-test-record.js';
import type { keepSelfTest } from './keep-self-test.js';
import { entries } from './values.js';

/** What writes a record, perhaps from a file of its own: a start writes none. */
interface KeepingModule {
  readonly keepSelfTest: typeof keepSelfTest;
}

/** Self-tests in a store of their own, one value each. A damaged one is none, which costs a test. */
export function createSelfTestRecords({
  store,
  load,
}: {
  readonly store: UseStore;
  readonly load: () => Promise<KeepingModule>;
}): SelfTestRecords {
  const own = new Map<string, SelfTestRecord>();

  const read = async (): Promise<Map<string, SelfTestRecord>> => {
    const found = await entries(store);
    return new Map(
      found.flatMap(([key, value]) =>
        isSelfTestRecord(value) && nameOf(value) === key ? [[nameOf(value), value]] : [],
      ),
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
        await (await load()).keepSelfTest({ store, name, record });
      } catch (error) {
        // A page that may store nothing has been told so: of its models, or of its ledger.
        if (!isRefused(error)) throw error;
      }
    },
  };
}

const nameOf = ({ variantId, provider, runtimeVersion, cpu, format }: SelfTestKey): string =>
  JSON.stringify([variantId, provider, runtimeVersion, cpu, format]);
