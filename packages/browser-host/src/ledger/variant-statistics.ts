import { quantile, type LedgerEntry, type VariantStatistics } from '@terrace/core';
import { promisifyRequest } from 'idb-keyval';
import type { VariantRow } from './ledger-schema.js';

/** Statistics are over so many of a variant's runs and loads, the latest. */
const LATEST_RUNS = 200;
const LATEST_LOADS = 5;
/** Those that were not seen for longest are forgotten: every release of a model brings new ones. */
const MAX_VARIANTS = 256;

/** Takes runs and loads into the rows of their variants. */
export async function appendToVariants(transaction: IDBTransaction, entries: readonly LedgerEntry[]): Promise<void> {
  const store = transaction.objectStore('variants');
  const touched = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    if (!('variantId' in entry.record)) continue;
    const { variantId } = entry.record;
    touched.set(variantId, [...(touched.get(variantId) ?? []), entry]);
  }
  await Promise.all(
    [...touched].map(async ([variantId, added]) => {
      const known: VariantRow | undefined = await promisifyRequest(store.get(variantId));
      if (!known) await makeRoom(transaction);
      store.put(withEntries(known ?? emptyRow(variantId), added));
    }),
  );
}

export const emptyRow = (variantId: string): VariantRow => ({
  variantId,
  seenAtWallMs: 0,
  latenciesMs: [],
  loads: [],
});

/** @param entries runs and loads of this variant, in the order they were appended */
export function withEntries(row: VariantRow, entries: readonly LedgerEntry[]): VariantRow {
  const latencies = entries.flatMap(({ kind, record }) => (kind === 'run' ? [record.latencyMs] : []));
  const loads = entries.flatMap(({ kind, record }) => (kind === 'load' ? [record] : []));
  return {
    ...row,
    seenAtWallMs: entries.at(-1)?.record.atWallMs ?? row.seenAtWallMs,
    latenciesMs: [...row.latenciesMs, ...latencies].slice(-LATEST_RUNS),
    loads: [...row.loads, ...loads].slice(-LATEST_LOADS),
  };
}

async function makeRoom(transaction: IDBTransaction): Promise<void> {
  const store = transaction.objectStore('variants');
  if ((await promisifyRequest(store.count())) < MAX_VARIANTS) return;
  const rows: readonly VariantRow[] = await promisifyRequest(store.getAll());
  const [oldest] = rows.toSorted((a, b) => a.seenAtWallMs - b.seenAtWallMs);
  if (oldest) store.delete(oldest.variantId);
}

export function statisticsOf({ variantId, latenciesMs, loads }: VariantRow): VariantStatistics {
  const peaks = loads.map(({ peakMemoryBytes }) => peakMemoryBytes).toSorted((a, b) => a - b);
  return {
    variantId,
    runs: latenciesMs.length,
    p50Ms: latenciesMs.length === 0 ? undefined : quantile(latenciesMs, 0.5),
    p95Ms: latenciesMs.length === 0 ? undefined : quantile(latenciesMs, 0.95),
    // The upper median.
    peakMemoryBytes: peaks[peaks.length >> 1],
    loadMs: loads.at(-1)?.loadMs,
  };
}
