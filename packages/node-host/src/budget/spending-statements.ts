import type { InStatement, InValue, Transaction } from '@libsql/client/sqlite3';
import {
  hasRoom,
  HOUR_MS,
  type Amounts,
  type BudgetUnit,
  type HourOfSpending,
  type PeriodLimit,
  type PeriodSpending,
  type ReservationAsk,
} from '@terrace/core/budget';

type Period = Pick<PeriodLimit, 'budgetId' | 'fromWallMs'>;

/** One change of the books. */
export type Change =
  | {
      readonly kind: 'reserve';
      readonly ask: ReservationAsk;
      /** The first budget without room, once it was tried. */
      full?: PeriodLimit | undefined;
    }
  | { readonly kind: 'settle'; readonly id: string; readonly amounts: Amounts };

const ROWS_PER_INSERT = 50;

/** What is settled, and what is held: summed up each time, so that it cannot be wrong. */
const SPENDING = `SELECT
  coalesce((SELECT spent FROM budget_spending WHERE budget_id = ?1 AND from_wall_ms = ?2), 0) AS spent,
  coalesce((SELECT sum(amount) FROM budget_reservations WHERE budget_id = ?1 AND from_wall_ms = ?2), 0) AS reserved`;

export async function spendingOf(transaction: Transaction, { budgetId, fromWallMs }: Period): Promise<PeriodSpending> {
  const { rows } = await transaction.execute({ sql: SPENDING, args: [budgetId, fromWallMs] });
  return { budgetId, fromWallMs, spent: Number(rows[0]?.['spent']), reserved: Number(rows[0]?.['reserved']) };
}

/** However many changes there are, a few statements: what is settled first, as that makes room for what is reserved. */
export async function makeChanges(transaction: Transaction, changes: readonly Change[]): Promise<void> {
  const settlements = new Map<string, Amounts>();
  const asks: Extract<Change, { kind: 'reserve' }>[] = [];
  for (const change of changes) {
    if (change.kind === 'reserve') asks.push(change);
    else if (!settlements.has(change.id)) settlements.set(change.id, change.amounts);
  }
  if (settlements.size > 0) await settleAll(transaction, settlements);
  if (asks.length > 0) await reserveAll(transaction, asks);
}

async function settleAll(transaction: Transaction, settlements: ReadonlyMap<string, Amounts>): Promise<void> {
  const { rows } = await transaction.execute({
    sql: `DELETE FROM budget_reservations WHERE id IN (${marks(settlements.size)})
      RETURNING id, budget_id, from_wall_ms, unit, at_wall_ms`,
    args: [...settlements.keys()],
  });
  const spent = new Sums();
  const hours = new Sums();
  for (const row of rows) {
    const amount = settlements.get(String(row['id']))![String(row['unit']) as BudgetUnit];
    if (amount === 0) continue;
    const budgetId = String(row['budget_id']);
    spent.add({ budgetId, fromWallMs: Number(row['from_wall_ms']) }, amount);
    const hourWallMs = Math.floor(Number(row['at_wall_ms']) / HOUR_MS) * HOUR_MS;
    hours.add({ budgetId, fromWallMs: hourWallMs }, amount);
  }
  for (const [period, amount] of spent.all()) await transaction.execute(addSpending(period, amount));
  for (const [hour, amount] of hours.all()) await transaction.execute(addHour(hour, amount));
}

async function reserveAll(
  transaction: Transaction,
  asks: readonly Extract<Change, { kind: 'reserve' }>[],
): Promise<void> {
  const ids = asks.map(({ ask }) => ask.id);
  const sql = `SELECT id FROM budget_reservations WHERE id IN (${marks(ids.length)})`;
  const held = new Set((await transaction.execute({ sql, args: ids })).rows.map((row) => String(row['id'])));
  const taken = new Sums();
  const rows: InValue[][] = [];
  for (const change of asks) {
    const { id, atWallMs, amounts, periods } = change.ask;
    change.full = undefined;
    if (held.has(id)) continue;
    for (const period of periods) {
      if (taken.has(period)) continue;
      const { spent, reserved } = await spendingOf(transaction, period);
      taken.add(period, spent + reserved);
    }
    change.full = periods.find((period) => !hasRoom(taken.of(period), amounts[period.unit], period.limit));
    if (change.full) continue;
    held.add(id);
    for (const period of periods) {
      const { budgetId, fromWallMs, unit } = period;
      taken.add(period, amounts[unit]);
      rows.push([id, budgetId, fromWallMs, unit, amounts[unit], atWallMs]);
    }
  }
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    const some = rows.slice(from, from + ROWS_PER_INSERT);
    await transaction.execute({
      sql: `INSERT INTO budget_reservations (id, budget_id, from_wall_ms, unit, amount, at_wall_ms)
        VALUES ${some.map((row) => `(${marks(row.length)})`).join(', ')}`,
      args: some.flat(),
    });
  }
}

const marks = (count: number): string => Array(count).fill('?').join(', ');

/** Amounts by budget and time. */
class Sums {
  readonly #sums = new Map<string, { readonly period: Period; sum: number }>();

  has = (period: Period): boolean => this.#sums.has(keyOf(period));
  of = (period: Period): number => this.#sums.get(keyOf(period))?.sum ?? 0;
  all = (): [Period, number][] => [...this.#sums.values()].map(({ period, sum }) => [period, sum]);

  add(period: Period, amount: number): void {
    const known = this.#sums.get(keyOf(period));
    if (known) known.sum += amount;
    else this.#sums.set(keyOf(period), { period, sum: amount });
  }
}

const keyOf = ({ budgetId, fromWallMs }: Period): string => `${fromWallMs} ${budgetId}`;

export const addSpending = ({ budgetId, fromWallMs }: Period, amount: number): InStatement => ({
  sql: `INSERT INTO budget_spending (budget_id, from_wall_ms, spent) VALUES (?, ?, ?)
    ON CONFLICT (budget_id, from_wall_ms) DO UPDATE SET spent = spent + excluded.spent`,
  args: [budgetId, fromWallMs, amount],
});

export const addHour = ({ budgetId, fromWallMs }: Period, amount: number): InStatement => ({
  sql: `INSERT INTO budget_hours (budget_id, from_wall_ms, amount) VALUES (?, ?, ?)
    ON CONFLICT (budget_id, from_wall_ms) DO UPDATE SET amount = amount + excluded.amount`,
  args: [budgetId, fromWallMs, amount],
});

export async function hoursOf(
  transaction: Transaction,
  budgetId: string,
  sinceWallMs: number,
): Promise<HourOfSpending[]> {
  const sql = `SELECT from_wall_ms, amount FROM budget_hours
    WHERE budget_id = ? AND from_wall_ms >= ? ORDER BY from_wall_ms`;
  const { rows } = await transaction.execute({ sql, args: [budgetId, sinceWallMs] });
  return rows.map((row) => ({ fromWallMs: Number(row['from_wall_ms']), amount: Number(row['amount']) }));
}
