import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client, Transaction } from '@libsql/client/sqlite3';
import type { LedgerEntry } from '@terrace/core';
import type { BudgetLimit } from '@terrace/core/budget';
import { recoverSpending } from '../budget/recover-spending.js';
import { takeOverBooks } from '../budget/take-over-books.js';
import { isCorrupt } from '../sqlite/database-failure.js';
import { ledgerFailure } from './ledger-failure.js';
import { ledgerSchema } from './migrations.js';
import { openDatabase } from '../sqlite/open-database.js';
import { retryWhenBusy, type WaitingClock } from '../sqlite/retry-when-busy.js';
import { columnOf, tables, toEntry } from './rows.js';
import { insertWithSeq, KINDS } from './statements.js';

type Kind = LedgerEntry['kind'];

/** Rows read at once; where that fails, half of them, down to one. */
const PAGE_ROWS = 256;

export interface Salvaged {
  /** Rows that were taken over. */
  readonly rows: number;
  /** Rows known to have been there that cannot be read. */
  readonly lost: number;
  /** Ids of budgets whose spending was computed again from the rows. */
  readonly budgets: readonly string[];
}

/**
 * Takes every readable row of a damaged ledger over into another one, below its oldest row and in their order, all or
 * none; what running periods of budgets have taken is computed again from them, where the books say less. The damaged file is
 * read through a copy and stays as it is.
 * @returns undefined when it was done before
 * @throws StorageError when there is no room for the copy or the rows
 */
export async function salvage({
  damaged,
  into,
  clock,
  wallMs,
  limits = [],
}: {
  damaged: string;
  into: string;
  clock: WaitingClock;
  wallMs: number;
  /** Budgets whose running periods are computed again. */
  limits?: readonly BudgetLimit[];
}): Promise<Salvaged | undefined> {
  const copies = mkdtempSync(join(dirname(into), 'ledger.salvage-'));
  try {
    const copy = copyLedger(damaged, copies);
    const connection = await openDatabase({ file: into, schema: ledgerSchema, clock });
    try {
      const operation = async () => {
        // Whoever opens the budgets later would add it to what the rows tell.
        await takeOverBooks(into, connection, wallMs);
        return connection.write((transaction) =>
          takeOver({ transaction, copy, name: basename(damaged), wallMs, limits }),
        );
      };
      return await retryWhenBusy({ operation, clock });
    } finally {
      await connection.close();
    }
  } catch (cause) {
    throw ledgerFailure({ doing: 'salvage', file: damaged, cause });
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

function copyLedger(file: string, folder: string): string {
  const copy = join(folder, 'ledger.db');
  // Without the shared-memory file, which is rebuilt from the log.
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  return copy;
}

interface TakeOver {
  readonly transaction: Transaction;
  readonly copy: string;
  readonly name: string;
  readonly wallMs: number;
  readonly limits: readonly BudgetLimit[];
}

async function takeOver({ transaction, copy, name, wallMs, limits }: TakeOver): Promise<Salvaged | undefined> {
  const done = await transaction.execute({ sql: 'SELECT 1 FROM salvages WHERE file = ?', args: [name] });
  if (done.rows.length > 0) return undefined;
  const client = await openCopy(copy);
  let rows = 0;
  let lost = 0;
  try {
    for (const kind of KINDS) {
      const last = await lastSeq(client, kind);
      const first = await firstSeq(transaction, kind);
      // Rows keep their numbers where nothing has taken them meanwhile.
      const offset = first === undefined ? 0 : first - 1 - last;
      for (let from = 1; from <= last; from += PAGE_ROWS) {
        const to = Math.min(last, from + PAGE_ROWS - 1);
        const page = await readRows(client, kind, from, to);
        for (const { seq, entry } of page) await transaction.execute(insertWithSeq(entry, seq + offset));
        rows += page.length;
        lost += to - from + 1 - page.length;
      }
    }
  } finally {
    client?.close();
  }
  await transaction.execute({
    sql: 'INSERT INTO salvages (file, at_wall_ms, rows) VALUES (?, ?, ?)',
    args: [name, wallMs, rows],
  });
  return { rows, lost, budgets: await recoverSpending({ transaction, limits, wallMs }) };
}

/** Undefined when not even the first page is one of a database. */
async function openCopy(copy: string): Promise<Client | undefined> {
  const { createClient } = await import('@libsql/client/sqlite3');
  try {
    return createClient({ url: pathToFileURL(copy).href, concurrency: 1 });
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}

/** The largest number that was ever given out, by the first place that can be read; 0 when nothing can. */
async function lastSeq(client: Client | undefined, kind: Kind): Promise<number> {
  const { name } = tables[kind];
  for (const sql of [`SELECT seq FROM sqlite_sequence WHERE name = '${name}'`, `SELECT max(seq) AS seq FROM ${name}`]) {
    const found = await client?.execute(sql).catch(() => undefined);
    const seq = Number(found?.rows[0]?.['seq'] ?? 0);
    if (seq > 0) return seq;
  }
  return 0;
}

/** Undefined for an empty table. */
async function firstSeq(transaction: Transaction, kind: Kind): Promise<number | undefined> {
  const { rows } = await transaction.execute(`SELECT min(seq) AS seq FROM ${tables[kind].name}`);
  const seq = rows[0]?.['seq'];
  return typeof seq === 'number' ? seq : undefined;
}

interface SalvagedRow {
  readonly seq: number;
  readonly entry: LedgerEntry;
}

/** Damage is found by halving: what lies on other pages of the file is read all the same. */
async function readRows(client: Client | undefined, kind: Kind, from: number, to: number): Promise<SalvagedRow[]> {
  const found = await client
    ?.execute({ sql: `SELECT * FROM ${tables[kind].name} WHERE seq BETWEEN ? AND ? ORDER BY seq`, args: [from, to] })
    .catch(() => undefined);
  if (found) return found.rows.flatMap((row) => asEntry(kind, row));
  if (!client || from === to) return [];
  const middle = (from + to) >> 1;
  return [...(await readRows(client, kind, from, middle)), ...(await readRows(client, kind, middle + 1, to))];
}

function asEntry(kind: Kind, row: Readonly<Record<string, unknown>>): SalvagedRow[] {
  const record = Object.fromEntries(tables[kind].fields.map((field) => [field, row[columnOf(field)]]));
  try {
    return [{ seq: Number(row['seq']), entry: toEntry(kind, record) }];
  } catch {
    return [];
  }
}
