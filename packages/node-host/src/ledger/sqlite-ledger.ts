import { resolve } from 'node:path';
import type { InStatement } from '@libsql/client/sqlite3';
import { setImmediate } from 'node:timers/promises';
import { StorageError, type Ledger, type LedgerEntry, type OutcomeRecord } from '@terrace/core';
import type { Connection, Use } from '../sqlite/connection.js';
import { createGroupCommit } from './group-commit.js';
import { ledgerFailure } from './ledger-failure.js';
import { ledgerSchema } from './migrations.js';
import { identityOf, movedFile, wasMoved } from '../sqlite/moved-file.js';
import { openDatabase } from '../sqlite/open-database.js';
import { isBusy, retryWhenBusy, waitingClock, type WaitingClock } from '../sqlite/retry-when-busy.js';
import { parseEntries, toFeedback, toOutcome, toReviewed, toStatistics, type Row } from './rows.js';
import {
  insertEntries,
  selectFeedback,
  selectFirstSince,
  selectOutcome,
  selectOutcomes,
  selectReviewed,
  selectStatistics,
  type OutcomeFilter,
} from './statements.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
/** Read and parsed in one go; the event loop gets a turn between pages. */
const PAGE_ROWS = 50;
/** A report reads everything: pages as large as make it no slower, a few milliseconds each. */
const REVIEW_ROWS = 250;

interface Page {
  readonly beforeSeq: number;
  readonly limit: number;
}

/**
 * The ledger in a SQLite file, which several processes may use at once. Created with its folder when missing.
 * @param clock measures how long another process has kept the file locked
 * @throws StorageError when the file cannot be opened, is no ledger, or was written by a newer Terrace
 */
export async function openSqliteLedger({
  file,
  clock = waitingClock,
}: {
  file: string;
  clock?: WaitingClock;
}): Promise<Ledger> {
  const path = resolve(file);
  const connection = await openDatabase({ file: path, schema: ledgerSchema, clock });
  return new SqliteLedger({ file: path, connection, clock });
}

class SqliteLedger implements Ledger {
  readonly #file: string;
  readonly #connection: Connection;
  readonly #clock: WaitingClock;
  readonly #identity: string | undefined;
  readonly #commits = createGroupCommit<LedgerEntry>({
    write: (entries) => this.#write(entries),
    // A locked file is locked for everyone, and each attempt waits for it.
    byItems: (error) => !isBusy(error) && !wasMoved(error),
  });
  #closing: Promise<void> | undefined;

  constructor({ file, connection, clock }: { file: string; connection: Connection; clock: WaitingClock }) {
    this.#file = file;
    this.#connection = connection;
    this.#clock = clock;
    this.#identity = identityOf(file);
  }

  async append(entries: readonly LedgerEntry[]): Promise<void> {
    this.#checkOpen();
    const checked = this.#check(entries);
    if (checked.length === 0) return;
    try {
      await this.#commits.add(checked);
    } catch (cause) {
      throw ledgerFailure({ doing: 'append to', file: this.#file, cause });
    }
  }

  /** The default limit is 100 and the largest 10,000; a larger one is lowered. */
  async outcomes({ limit, domain, sinceWallMs }: OutcomeFilter & { readonly limit?: number } = {}) {
    const fromSeq = await this.#firstSince(sinceWallMs);
    const select = (page: Page) => selectOutcomes({ domain, sinceWallMs, fromSeq, ...page });
    return this.#newest({ limit, select, toRecord: toOutcome });
  }

  async outcome(requestId: string): Promise<OutcomeRecord | undefined> {
    const statement = selectOutcome(requestId);
    return this.#read(async (transaction) => (await transaction.execute(statement)).rows.map(toOutcome)[0]);
  }

  async *review({ domain, sinceWallMs }: OutcomeFilter = {}) {
    const fromSeq = await this.#firstSince(sinceWallMs);
    const select = (page: Page) => selectReviewed({ domain, sinceWallMs, fromSeq, ...page });
    for await (const page of this.#pages({ rows: Infinity, pageRows: REVIEW_ROWS, select })) yield page.map(toReviewed);
  }

  /** Limits are those of `outcomes`. */
  async feedback({ limit, sinceWallMs }: { readonly limit?: number; readonly sinceWallMs?: number } = {}) {
    return this.#newest({ limit, select: (page) => selectFeedback({ sinceWallMs, ...page }), toRecord: toFeedback });
  }

  async statistics() {
    return this.#read(async (transaction) => (await transaction.execute(selectStatistics)).rows.map(toStatistics));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#commits.settled();
    await this.#connection.close();
  }

  async #newest<T>({
    limit = DEFAULT_LIMIT,
    select,
    toRecord,
  }: {
    limit: number | undefined;
    select: (page: Page) => InStatement;
    toRecord: (row: Row) => T;
  }): Promise<T[]> {
    const found: T[] = [];
    const rows = Math.min(Math.trunc(limit), MAX_LIMIT);
    for await (const page of this.#pages({ rows, pageRows: PAGE_ROWS, select })) found.push(...page.map(toRecord));
    return found;
  }

  /** Newest first; at most `rows` rows in all. */
  async *#pages({
    rows,
    pageRows,
    select,
  }: {
    rows: number;
    pageRows: number;
    select: (page: Page) => InStatement;
  }): AsyncGenerator<Row[]> {
    let beforeSeq = Number.MAX_SAFE_INTEGER;
    this.#checkOpen();
    for (let left = rows; left > 0;) {
      const limit = Math.min(pageRows, left);
      const page = await this.#read(async (transaction) => [
        ...(await transaction.execute(select({ beforeSeq, limit }))).rows,
      ]);
      yield page;
      if (page.length < limit) return;
      left -= page.length;
      beforeSeq = Number(page.at(-1)?.['seq']);
      await setImmediate();
    }
  }

  /** Where the outcomes of a time or later begin; undefined for all of them. */
  async #firstSince(sinceWallMs: number | undefined): Promise<number | undefined> {
    if (sinceWallMs === undefined) return undefined;
    return this.#read(async (transaction) => {
      const { rows } = await transaction.execute(selectFirstSince(sinceWallMs));
      return Number(rows[0]?.['seq'] ?? Number.MAX_SAFE_INTEGER);
    });
  }

  async #write(entries: readonly LedgerEntry[]): Promise<void> {
    const statements = insertEntries(entries);
    const operation = () =>
      this.#connection.write(async (transaction) => {
        if (identityOf(this.#file) !== this.#identity) throw movedFile({ noun: 'ledger', file: this.#file });
        await transaction.batch(statements);
      });
    await retryWhenBusy({ operation, clock: this.#clock });
  }

  async #read<T>(use: Use<T>): Promise<T> {
    this.#checkOpen();
    try {
      return await retryWhenBusy({ operation: () => this.#connection.read(use), clock: this.#clock });
    } catch (cause) {
      throw ledgerFailure({ doing: 'read', file: this.#file, cause });
    }
  }

  #check(entries: readonly LedgerEntry[]): LedgerEntry[] {
    try {
      return parseEntries(entries);
    } catch (cause) {
      throw new StorageError({
        message: `An entry for the ledger ${this.#file} is invalid: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Numbers must be finite and texts without NUL; nothing of this append was kept.',
        facts: { file: this.#file, sqliteCode: 'INVALID_ENTRY', fault: 'entry' },
        cause,
      });
    }
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new StorageError({
      message: `The ledger ${this.#file} is closed`,
      hint: 'Open it again with openSqliteLedger().',
      facts: { file: this.#file, sqliteCode: 'CLIENT_CLOSED' },
    });
  }
}
