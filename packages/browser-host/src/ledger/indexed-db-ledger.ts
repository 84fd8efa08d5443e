import type {
  Clock,
  FeedbackRecord,
  Ledger,
  LedgerEntry,
  OutcomeRecord,
  ReviewedOutcome,
  StorageError,
} from '@terrace/core';
import type { IDBPDatabase } from 'idb';
import { committed } from '../indexed-db/committed.js';
import { Database } from '../indexed-db/database.js';
import { checkedCopy } from './checked-entries.js';
import { LEDGER_MIGRATIONS, LEDGER_STORES, type LedgerSchema, type LogName, type LogRecord } from './ledger-schema.js';
import { isWanted, mostOf } from './outcome-query.js';
import { appendToLog, readLog } from './record-log.js';
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
}

/**
 * The ledger in IndexedDB, which several tabs may use at once; opened at its first use. A kiosk runs for years, so it
 * does not grow for ever: it keeps the newest 20,000 outcomes and as much feedback, and of each of 256 variants what
 * statistics are made of.
 */
export class IndexedDbLedger implements Ledger {
  readonly #database: Database<LedgerSchema>;
  readonly #maxRecords: number;

  constructor({ maxRecords = MAX_RECORDS, ...options }: IndexedDbLedgerOptions) {
    const schema = { migrations: LEDGER_MIGRATIONS, stores: LEDGER_STORES };
    this.#database = new Database<LedgerSchema>({ ...options, ...schema, noun: 'ledger' });
    this.#maxRecords = maxRecords;
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

  /** The default limit is 100 and the largest 10,000; a larger one is lowered. */
  async outcomes({ limit, ...query }: Parameters<Ledger['outcomes']>[0] = {}): Promise<OutcomeRecord[]> {
    return this.#newest('outcomes', limit, isWanted(query));
  }

  /** Looks through all that is newer: a page asks this rarely, and an index would cost every request. */
  async outcome(requestId: string): Promise<OutcomeRecord | undefined> {
    return (await this.#newest('outcomes', 1, (outcome) => outcome.requestId === requestId))[0];
  }

  async *review(query: Parameters<Ledger['review']>[0] = {}): AsyncGenerator<readonly ReviewedOutcome[]> {
    const lastWords = new Map<string, FeedbackRecord>();
    for await (const page of this.#pages('feedback')) {
      for (const word of page) if (!lastWords.has(word.requestId)) lastWords.set(word.requestId, word);
    }
    for await (const page of this.#pages('outcomes')) {
      yield page.filter(isWanted(query)).map((outcome) => ({ outcome, feedback: lastWords.get(outcome.requestId) }));
    }
  }

  /** Limits are those of `outcomes`. */
  async feedback({ limit, sinceWallMs = -Infinity }: Parameters<Ledger['feedback']>[0] = {}): Promise<
    FeedbackRecord[]
  > {
    return this.#newest('feedback', limit, ({ atWallMs }) => atWallMs >= sinceWallMs);
  }

  async statistics() {
    return this.#database.use('read', async (database) => (await database.getAll('variants')).map(statisticsOf));
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #write(database: IDBPDatabase<LedgerSchema>, entries: readonly LedgerEntry[]): Promise<void> {
    const transaction = database.transaction(LEDGER_STORES, 'readwrite', { durability: 'strict' });
    const outcomes = entries.flatMap(({ kind, record }) => (kind === 'outcome' ? [record] : []));
    const feedback = entries.flatMap(({ kind, record }) => (kind === 'feedback' ? [record] : []));
    const work = Promise.all([
      appendToLog(transaction, { name: 'outcomes', records: outcomes, maxRecords: this.#maxRecords }),
      appendToLog(transaction, { name: 'feedback', records: feedback, maxRecords: this.#maxRecords }),
      appendToVariants(transaction, entries),
    ]);
    await committed(transaction, work);
  }

  async #newest<N extends LogName>(
    name: N,
    limit: number | undefined,
    isOne: (record: LogRecord<N>) => boolean,
  ): Promise<LogRecord<N>[]> {
    const most = mostOf(limit);
    const found: LogRecord<N>[] = [];
    for await (const page of this.#pages(name)) {
      found.push(...page.filter(isOne).slice(0, most - found.length));
      if (found.length >= most) break;
    }
    return found;
  }

  #pages<N extends LogName>(name: N): AsyncGenerator<LogRecord<N>[]> {
    return readLog(name, (operation) => this.#database.use('read', operation));
  }
}
