import type { InStatement, Transaction } from '@libsql/client/sqlite3';
import type {
  Amounts,
  BudgetUnit,
  HourOfSpending,
  PeriodLimit,
  PeriodSpending,
  ReservationAsk,
} from '@terrace/core/budget';
import { hasRoom, HOUR_MS } from '@terrace/core/budget';

type Period = Pick<PeriodLimit, 'budgetId' | 'fromWallMs'>;

/** What is settled, and what is held: summed up each time, so that it cannot be wrong. */
const SPENDING = `SELECT
  coalesce((SELECT spent FROM budget_spending WHERE budget_id = ?1 AND from_wall_ms = ?2), 0) AS spent,
  coalesce((SELECT sum(amount) FROM budget_reservations WHERE budget_id = ?1 AND from_wall_ms = ?2), 0) AS reserved`;

export async function spendingOf(transaction: Transaction, { budgetId, fromWallMs }: Period): Promise<PeriodSpending> {
  const { rows } = await transaction.execute({ sql: SPENDING, args: [budgetId, fromWallMs] });
  return { budgetId, fromWallMs, spent: Number(rows[0]?.['spent']), reserved: Number(rows[0]?.['reserved']) };
}

/** @returns the first budget without room, and then nothing is written */
export async function reserveIn(
  transaction: Transaction,
  { id, atWallMs, amounts, periods }: ReservationAsk,
): Promise<PeriodLimit | undefined> {
  const known = await transaction.execute({
    sql: 'SELECT 1 FROM budget_reservations WHERE id = ? LIMIT 1',
    args: [id],
  });
  if (known.rows.length > 0) return undefined;
  for (const period of periods) {
    if (period.limit === Infinity) continue;
    const { spent, reserved } = await spendingOf(transaction, period);
    if (!hasRoom(spent + reserved, amounts[period.unit], period.limit)) return period;
  }
  for (const { budgetId, fromWallMs, unit } of periods) {
    const sql = `INSERT INTO budget_reservations (id, budget_id, from_wall_ms, unit, amount, at_wall_ms)
      VALUES (?, ?, ?, ?, ?, ?)`;
    await transaction.execute({ sql, args: [id, budgetId, fromWallMs, unit, amounts[unit], atWallMs] });
  }
  return undefined;
}

export async function settleIn(transaction: Transaction, id: string, amounts: Amounts): Promise<void> {
  const sql = 'DELETE FROM budget_reservations WHERE id = ? RETURNING budget_id, from_wall_ms, unit, at_wall_ms';
  const { rows } = await transaction.execute({ sql, args: [id] });
  for (const row of rows) {
    const amount = amounts[String(row['unit']) as BudgetUnit];
    if (amount === 0) continue;
    const [budgetId, fromWallMs] = [String(row['budget_id']), Number(row['from_wall_ms'])];
    const hourWallMs = Math.floor(Number(row['at_wall_ms']) / HOUR_MS) * HOUR_MS;
    await transaction.execute(addSpending({ budgetId, fromWallMs }, amount));
    await transaction.execute(addHour({ budgetId, fromWallMs: hourWallMs }, amount));
  }
}

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
