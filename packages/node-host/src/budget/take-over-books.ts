import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InStatement, InValue } from '@libsql/client/sqlite3';
import { MOST_AMOUNT } from '@terrace/core/budget';
import type { Connection } from '../sqlite/connection.js';
import { failureCode, isCorrupt } from '../sqlite/database-failure.js';
import { quarantined } from '../sqlite/quarantine.js';
import { addHour, addSpending } from './spending-statements.js';

type Row = Readonly<Record<string, unknown>>;

/** What the books of a ledger say, as far as they can be read. */
interface Books {
  readonly spending: readonly Row[];
  readonly hours: readonly Row[];
  readonly reservations: readonly Row[];
}

const RESERVATION = ['id', 'budget_id', 'from_wall_ms', 'unit', 'amount', 'at_wall_ms'] as const;

/**
 * Adds what damaged ledgers that were set aside say of budgets to the books of the new one, once each: a disk that fails
 * must not give money back. Where their books cannot be read either, outcomes tell, once somebody salvages those.
 * @throws the driver's error, and that of a folder without room for a copy
 */
export async function takeOverBooks(file: string, connection: Connection, wallMs: number): Promise<void> {
  for (const damaged of quarantined(file)) {
    const mark = `${basename(damaged)}#books`;
    const known = { sql: 'SELECT 1 FROM salvages WHERE file = ?', args: [mark] };
    const isDone = await connection.read(async (transaction) => (await transaction.execute(known)).rows.length > 0);
    if (isDone) continue;
    const statements = statementsOf(await readBooks(damaged));
    await connection.write(async (transaction) => {
      if ((await transaction.execute(known)).rows.length > 0) return;
      if (statements.length > 0) await transaction.batch(statements);
      await transaction.execute({
        sql: 'INSERT INTO salvages (file, at_wall_ms, rows) VALUES (?, ?, ?)',
        args: [mark, wallMs, statements.length],
      });
    });
  }
}

/** Through a copy: the damaged file stays as it is. */
async function readBooks(damaged: string): Promise<Books> {
  const folder = mkdtempSync(join(dirname(damaged), 'ledger.salvage-'));
  try {
    const copy = join(folder, 'ledger.db');
    for (const suffix of ['', '-wal']) if (existsSync(damaged + suffix)) copyFileSync(damaged + suffix, copy + suffix);
    const { createClient } = await import('@libsql/client/sqlite3');
    const client = createClient({ url: pathToFileURL(copy).href, concurrency: 1 });
    // Damage of one table takes nothing of another.
    const all = async (table: string): Promise<readonly Row[]> =>
      (await client.execute(`SELECT * FROM ${table}`).catch(nothingLeft)).rows;
    try {
      const [spending, hours, reservations] = [
        await all('budget_spending'),
        await all('budget_hours'),
        await all('budget_reservations'),
      ];
      return { spending, hours, reservations };
    } finally {
      client.close();
    }
  } catch (error) {
    const { rows } = nothingLeft(error);
    return { spending: rows, hours: rows, reservations: rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Damage, or a ledger from before there were budgets. @throws what may pass: a full disk gives no money back */
function nothingLeft(error: unknown): { readonly rows: readonly Row[] } {
  if (isCorrupt(error) || ['SQLITE_ERROR', 'EIO'].includes(failureCode(error))) return { rows: [] };
  throw error;
}

/** What damage made of a row must not keep the others out. */
function statementsOf({ spending, hours, reservations }: Books): InStatement[] {
  const period = (row: Row) => ({ budgetId: String(row['budget_id']), fromWallMs: Number(row['from_wall_ms']) });
  return [
    ...spending.filter(hasSum('spent')).map((row) => addSpending(period(row), Number(row['spent']))),
    ...hours.filter(hasSum('amount')).map((row) => addHour(period(row), Number(row['amount']))),
    ...reservations.filter(isReservation).map((row) => ({
      sql: `INSERT OR IGNORE INTO budget_reservations (${RESERVATION.join(', ')}) VALUES (?, ?, ?, ?, ?, ?)`,
      args: RESERVATION.map((column) => row[column] as InValue),
    })),
  ];
}

const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MOST_AMOUNT;

const hasSum =
  (column: string) =>
  (row: Row): boolean =>
    typeof row['budget_id'] === 'string' && Number.isFinite(row['from_wall_ms']) && isAmount(row[column]);

const isReservation = (row: Row): boolean =>
  hasSum('amount')(row) &&
  typeof row['id'] === 'string' &&
  typeof row['unit'] === 'string' &&
  Number.isFinite(row['at_wall_ms']);
