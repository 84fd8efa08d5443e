import type {
  Clock,
  FeedbackRecord,
  Ledger,
  LedgerEntry,
  OutcomeRecord,
  ReviewedOutcome,
  StorageError,
} from '@terrace/core';
import { promisifyRequest } from 'idb-keyval';
import { committed } from '../indexed-db/committed.js';
import { Database } from '../indexed-db/database.js';
import { over } from '../indexed-db/over.js';
import { checkedCopy } from './checked-entries.js';
import type { LedgerReader } from './ledger-reader.js';
import { LEDGER_MIGRATIONS, LEDGER_STORES, type VariantRow } from './ledger-schema.js';
import { appendToLog } from './record-log.js';
import { appendToVariants, statisticsOf } from './variant-statistics.js';

/** What is copied on the calling thread in one go: about a millisecond. */
const BATCH = 256;
/** An outcome takes about 1 KB. */
const MAX_RECORDS = 20_000;

export interface IndexedDbLedgerOptions {
  readonly name: string;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told of a database that is left alone for another one. */
  readonly onWarning: (warning: StorageError) => void;
  /** Of outcomes and of feedback the newest so many are kept, and up to a hundred more. */
  readonly maxRecords?: number;
  /** Loads what reads records, perhaps from a file of its own; to append takes none. */
  readonly loadReader: () => Promise<ReaderModule>;
}

export interface ReaderModule {
  readonly LedgerReader: typeof LedgerReader;
}

/**
 * The ledger in IndexedDB, which several tabs may use at once; opened at its first use. A kiosk runs for years, so it
 * does not grow for ever: it keeps the newest 20,000 outcomes and as much feedback, and of each of 256 variants what
 * statistics are made of.
 */
export class IndexedDbLedger implements Ledger {
  readonly #database: Database<IDBDatabase>;
  readonly #maxRecords: number;
  readonly #loadReader: IndexedDbLedgerOptions['loadReader'];

  constructor({ maxRecords = MAX_RECORDS, loadReader, ...options }: IndexedDbLedgerOptions) {
    const schema = { migrations: LEDGER_MIGRATIONS, stores: LEDGER_STORES };
    this.#database = new Database({ ...options, ...schema, as: (connection) => connection, noun: 'ledger' });
    this.#maxRecords = maxRecords;
    this.#loadReader = loadReader;
  }

  async append(entries: readonly LedgerEntry[]): Promise<void> {
    const copies = checkedCopy(entries);
    await this.#database.use('append to', async (database) => {
      if (copies.length > 0) await this.#write(database, copies);
    });
  }

  batchEntries(): number {
    return BATCH;
  }

  async outcomes(query: Parameters<Ledger['outcomes']>[0] = {}): Promise<OutcomeRecord[]> {
    return (await this.#reader()).outcomes(query);
  }

  async outcome(requestId: string): Promise<OutcomeRecord | undefined> {
    return (await this.#reader()).outcome(requestId);
  }

  async *review(query: Parameters<Ledger['review']>[0] = {}): AsyncGenerator<readonly ReviewedOutcome[]> {
    yield* (await this.#reader()).review(query);
  }

  async feedback(query: Parameters<Ledger['feedback']>[0] = {}): Promise<FeedbackRecord[]> {
    return (await this.#reader()).feedback(query);
  }

  async statistics() {
    return this.#database.use('read', async (database) => {
      const rows: readonly VariantRow[] = await promisifyRequest(
        database.transaction('variants').objectStore('variants').getAll(),
      );
      return rows.map(statisticsOf);
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #write(database: IDBDatabase, entries: readonly LedgerEntry[]): Promise<void> {
    const transaction = database.transaction(LEDGER_STORES, 'readwrite', { durability: 'strict' });
    const outcomes = entries.flatMap(({ kind, record }) => (kind === 'outcome' ? [record] : []));
    const feedback = entries.flatMap(({ kind, record }) => (kind === 'feedback' ? [record] : []));
    const work = Promise.all([
      appendToLog(transaction, { name: 'outcomes', records: outcomes, maxRecords: this.#maxRecords }),
      appendToLog(transaction, { name: 'feedback', records: feedback, maxRecords: this.#maxRecords }),
      appendToVariants(transaction, entries),
    ]);
    await committed(Object.assign(transaction, { done: over(transaction) }), work);
  }

  async #reader(): Promise<LedgerReader> {
    const { LedgerReader: Reader } = await this.#loadReader();
    return new Reader(this.#database);
  }
}
