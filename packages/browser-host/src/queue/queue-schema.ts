import type { QueuedState } from '@terrace/core';
import type { DBSchema } from 'idb';
import type { Migration } from '../indexed-db/database.js';

export interface QueuedRow {
  readonly requestId: string;
  readonly atWallMs: number;
  readonly request: string;
  /** UTF-8, of the request and its ending. */
  readonly bytes: number;
  readonly state: QueuedState['kind'];
  readonly tries: number;
  /** Of the claim that counts. */
  readonly token: string | undefined;
  readonly owner: string | undefined;
  readonly leaseUntilWallMs: number;
  /** Only of what has ended, so that the index holds nothing else. */
  readonly endedAtWallMs?: number;
  readonly ending?: string;
}

/** Keys of `queued` are the order in which requests came; wall clocks jump. */
export interface QueueSchema extends DBSchema {
  queued: {
    key: number;
    value: QueuedRow;
    indexes: { byRequest: string; byState: QueuedState['kind']; byEnd: number };
  };
  /** Sums, so that nobody has to count. */
  totals: { key: 'waiting' | 'ended'; value: Total };
}

export interface Total {
  readonly requests: number;
  readonly bytes: number;
}

export const QUEUE_STORES = ['queued', 'totals'] as const;

const initial: Migration = (database) => {
  const queued = database.createObjectStore('queued', { autoIncrement: true });
  queued.createIndex('byRequest', 'requestId', { unique: true });
  queued.createIndex('byState', 'state');
  queued.createIndex('byEnd', 'endedAtWallMs');
  database.createObjectStore('totals');
};

export const QUEUE_MIGRATIONS: readonly Migration[] = [initial];

export function toState({ requestId, atWallMs, request, state: kind, tries, ...ended }: QueuedRow): QueuedState {
  const queued = { requestId, atWallMs, request };
  const { endedAtWallMs = 0, ending = '{}' } = ended;
  switch (kind) {
    case 'waiting':
      return { kind, queued, tries };
    case 'done':
      return { kind, queued, atWallMs: endedAtWallMs, result: ending };
    case 'failed':
      return { kind, queued, atWallMs: endedAtWallMs, error: ending };
  }
  return kind satisfies never;
}
