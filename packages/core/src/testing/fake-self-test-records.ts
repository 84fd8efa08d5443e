import type { SelfTestRecord, SelfTestRecords } from '../ports/self-test-records.js';

/** Remembers in memory. */
export function createFakeSelfTestRecords(records: readonly SelfTestRecord[] = []): SelfTestRecords {
  const kept = new Map<string, SelfTestRecord>();
  const keep = (record: SelfTestRecord): void => {
    const { variantId, provider, runtimeVersion, cpu, format } = record;
    kept.set(JSON.stringify([variantId, provider, runtimeVersion, cpu, format]), record);
  };
  for (const record of records) keep(record);
  return {
    list: async () => [...kept.values()],
    put: async (record) => keep(record),
  };
}
