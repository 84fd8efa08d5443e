import { promisifyRequest } from 'idb-keyval';
import type { LogName, LogRecord } from './ledger-schema.js';

/** Most records of one row. */
const ROW_RECORDS = 100;

/**
 * Adds records behind the others, and lets those go that are no longer among the newest `maxRecords`. A row holds many,
 * as the browser's work is by the row: a row for each record would take four times as long.
 */
export async function appendToLog<N extends LogName>(
  transaction: IDBTransaction,
  { name, records, maxRecords }: { name: N; records: readonly LogRecord<N>[]; maxRecords: number },
): Promise<void> {
  if (records.length === 0) return;
  const store = transaction.objectStore(name);
  const newest = await promisifyRequest(store.openKeyCursor(null, 'prev'));
  const before = Number(newest?.key ?? 0);
  const last = before + records.length;
  // What fails in it ends the transaction, which tells.
  store.delete(IDBKeyRange.upperBound(last - maxRecords));
  for (let start = 0; start < records.length; start += ROW_RECORDS) {
    const row = records.slice(start, start + ROW_RECORDS);
    store.add(row, before + start + row.length);
  }
}
