import type { IDBPTransaction } from 'idb';
import type { QUEUE_STORES, QueuedRow, QueueSchema, Total } from './queue-schema.js';

/** Changes rows and their sums together. */
export type QueueWrite = IDBPTransaction<QueueSchema, typeof QUEUE_STORES, 'readwrite'>;

export interface FoundRow {
  readonly key: number;
  readonly row: QueuedRow;
}

const NONE: Total = { requests: 0, bytes: 0 };

export async function findRow(transaction: QueueWrite, requestId: string): Promise<FoundRow | undefined> {
  const found = await transaction.objectStore('queued').index('byRequest').openCursor(requestId);
  return found ? { key: found.primaryKey, row: found.value } : undefined;
}

export const totalOf = async (transaction: QueueWrite, key: 'waiting' | 'ended'): Promise<Total> =>
  (await transaction.objectStore('totals').get(key)) ?? NONE;

export async function addRow(transaction: QueueWrite, row: QueuedRow): Promise<void> {
  await transaction.objectStore('queued').add(row);
  await count(transaction, row, 1);
}

export async function changeRow(transaction: QueueWrite, { key, row }: FoundRow, changed: QueuedRow): Promise<void> {
  await count(transaction, row, -1);
  await transaction.objectStore('queued').put(changed, key);
  await count(transaction, changed, 1);
}

export async function removeRow(transaction: QueueWrite, { key, row }: FoundRow): Promise<void> {
  await transaction.objectStore('queued').delete(key);
  await count(transaction, row, -1);
}

/**
 * Removes those that ended first, before a time, until no more than `maxBytes` of what has ended are left.
 * @returns how many were removed
 */
export async function removeEnded(
  transaction: QueueWrite,
  { beforeWallMs = Infinity, maxBytes = -1 }: { readonly beforeWallMs?: number; readonly maxBytes?: number },
): Promise<number> {
  let removed = 0;
  const before = IDBKeyRange.upperBound(beforeWallMs, true);
  let ended = await transaction.objectStore('queued').index('byEnd').openCursor(before);
  for (; ended; ended = await ended.continue()) {
    if ((await totalOf(transaction, 'ended')).bytes <= maxBytes) break;
    await removeRow(transaction, { key: ended.primaryKey, row: ended.value });
    removed++;
  }
  return removed;
}

async function count(transaction: QueueWrite, { state, bytes }: QueuedRow, by: 1 | -1): Promise<void> {
  const key = state === 'waiting' ? 'waiting' : 'ended';
  const total = await totalOf(transaction, key);
  await transaction.objectStore('totals').put({ requests: total.requests + by, bytes: total.bytes + by * bytes }, key);
}
