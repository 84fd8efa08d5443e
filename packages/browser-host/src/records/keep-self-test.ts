import type { SelfTestRecord } from '@terrace/core';
import { delMany, entries, set, type UseStore } from 'idb-keyval';
import { isSelfTestRecord } from './is-self-test-record.js';

/** Oldest ones go first; a device sees a few variants and versions a year. */
const MAX_RECORDS = 256;

/** Writes a self-test. Rejects with what the store says. */
export async function keepSelfTest({
  store,
  name,
  record,
}: {
  readonly store: UseStore;
  readonly name: string;
  readonly record: SelfTestRecord;
}): Promise<void> {
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
}
