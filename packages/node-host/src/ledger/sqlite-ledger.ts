import { resolve } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { StorageError, type Ledger, type LedgerEntry, type OutcomeRecord } from '@terrace/core';
import type { Connection, Use } from './connection.js';
import { createGroupCommit } from './group-commit.js';
import { ledgerFailure } from './ledger-failure.js';
import { openDatabase } from './open-database.js';
import { identityOf } from './quarantine.js';
import { isBusy, retryWhenBusy, type WaitingClock } from './retry-when-busy.js';
import { parseEntries, toOutcome, toStatistics } from './rows.js';
import { insertEntries, selectOutcomes, selectStatistics } from './statements.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
/** Read and parsed in one go; the event loop gets a turn between pages. */
const PAGE_ROWS = 50;

const systemClock: WaitingClock = { nowMs: () => performance.now(), sleep: (delayMs) => setTimeout(delayMs) };

/**
 * The ledger in a SQLite file, which several processes may use at once. Created with its folder when missing.
 * @param clock measures how long another process has kept the file locked
 * @throws StorageError when the file cannot be opened, is no ledger, or was written by a newer Terrace
 */
export async function openSqliteLedger({
  file,
  clock = systemClock,
}: {
  file: string;
  clock?: WaitingClock;
}): Promise<Ledger> {
  const path = resolve(file);
  const connection = await openDatabase({ file: path, clock });
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
  async outcomes({ limit = DEFAULT_LIMIT, domain }: { limit?: number; domain?: string } = {}): Promise<
    OutcomeRecord[]
  > {
    const found: OutcomeRecord[] = [];
    const wanted = Math.min(Math.trunc(limit), MAX_LIMIT);
    for (let beforeSeq = Number.MAX_SAFE_INTEGER; found.length < wanted;) {
      const pageRows = Math.min(PAGE_ROWS, wanted - found.length);
      const statement = selectOutcomes({ domain, beforeSeq, limit: pageRows });
      const page = await this.#read(async (transaction) => {
        const { rows } = await transaction.execute(statement);
        return rows.map((row) => ({ seq: Number(row['seq']), outcome: toOutcome(row) }));
      });
      found.push(...page.map(({ outcome }) => outcome));
      if (page.length < pageRows) break;
      beforeSeq = page.at(-1)?.seq ?? 0;
      await setImmediate();
    }
    return found;
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

  async #write(entries: readonly LedgerEntry[]): Promise<void> {
    const statements = insertEntries(entries);
    const operation = () =>
      this.#connection.write(async (transaction) => {
        // SQLite goes on writing to a file that lost its name, and whoever opens the ledger next finds another one.
        if (identityOf(this.#file) !== this.#identity) throw moved(this.#file);
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

const MOVED = 'MOVED';

/** Whether the ledger's file was moved or removed under it: it must be opened again. */
export const wasMoved = (error: unknown): boolean =>
  StorageError.isInstance(error) && error.facts['sqliteCode'] === MOVED;

const moved = (file: string): StorageError =>
  new StorageError({
    message: `The ledger ${file} was moved or removed while it was open`,
    hint: 'Open it again with openSqliteLedger(): nothing of this append was kept.',
    facts: { file, sqliteCode: MOVED },
  });
