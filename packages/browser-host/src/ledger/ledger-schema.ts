import type { FeedbackRecord, LoadRecord, OutcomeRecord } from '@terrace/core';
import type { DBSchema } from 'idb';
import type { Migration } from '../indexed-db/database.js';

/** What statistics are made of: 200 runs as records would be thirty times as much to read and write. */
export interface VariantRow {
  readonly variantId: string;
  readonly seenAtWallMs: number;
  /** Of the latest runs, oldest first. */
  readonly latenciesMs: readonly number[];
  /** The latest, oldest first. */
  readonly loads: readonly LoadRecord[];
}

/** A log's rows hold the records of one append each, and have the number of the last of them as their key. */
export interface LedgerSchema extends DBSchema {
  outcomes: { key: number; value: readonly OutcomeRecord[] };
  feedback: { key: number; value: readonly FeedbackRecord[] };
  variants: { key: string; value: VariantRow };
}

/** Those that are logs. */
export type LogName = 'outcomes' | 'feedback';
export type LogRecord<N extends LogName> = LedgerSchema[N]['value'][number];

export const LEDGER_STORES = ['outcomes', 'feedback', 'variants'] as const;

const initial: Migration = (database) => {
  database.createObjectStore('outcomes');
  database.createObjectStore('feedback');
  database.createObjectStore('variants', { keyPath: 'variantId' });
};

export const LEDGER_MIGRATIONS: readonly Migration[] = [initial];
