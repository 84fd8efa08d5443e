import type { InValue, Transaction } from '@libsql/client/sqlite3';
import { budgetId, HOUR_MS, periodOf, type BudgetLimit, type BudgetUnit } from '@terrace/core/budget';

const COLUMNS: Readonly<Record<BudgetUnit, string>> = { usd: 'cost_usd', bytes: 'sent_bytes', joules: 'energy_joules' };

/**
 * Computes what the running periods have taken from the outcomes of the ledger, where that is more than the books say: in
 * a new ledger that rows of a damaged one were taken over into they say nothing.
 * @returns ids of the budgets whose spending was corrected
 */
export async function recoverSpending({
  transaction,
  limits,
  wallMs,
}: {
  transaction: Transaction;
  limits: readonly BudgetLimit[];
  wallMs: number;
}): Promise<string[]> {
  const corrected: string[] = [];
  for (const limit of limits) {
    if (limit.period === 'request') continue;
    const id = budgetId(limit);
    const { fromWallMs, toWallMs } = periodOf(limit.period, wallMs);
    const { where, args } = outcomesOf(limit, fromWallMs, toWallMs);
    const amount = COLUMNS[limit.unit];
    const { rowsAffected } = await transaction.execute({
      sql: `INSERT INTO budget_spending (budget_id, from_wall_ms, spent)
        SELECT ?, ?, sum(${amount}) FROM outcomes WHERE ${where} HAVING sum(${amount}) > 0
        ON CONFLICT (budget_id, from_wall_ms) DO UPDATE SET spent = excluded.spent WHERE excluded.spent > spent`,
      args: [id, fromWallMs, ...args],
    });
    if (rowsAffected === 0) continue;
    corrected.push(id);
    await transaction.execute({
      sql: `INSERT INTO budget_hours (budget_id, from_wall_ms, amount)
        SELECT ?, floor(at_wall_ms / ${HOUR_MS}) * ${HOUR_MS} AS hour, sum(${amount}) FROM outcomes
        WHERE ${where} GROUP BY hour HAVING sum(${amount}) > 0
        ON CONFLICT (budget_id, from_wall_ms) DO UPDATE SET amount = max(amount, excluded.amount)`,
      args: [id, ...args],
    });
  }
  return corrected;
}

/** Of a request that asked several tiers the last one counts: an outcome says no more. */
function outcomesOf({ scope: { key, domain, tier } }: BudgetLimit, fromWallMs: number, toWallMs: number) {
  const conditions: [sql: string, value: InValue | undefined][] = [
    ['at_wall_ms >= ?', fromWallMs],
    ['at_wall_ms < ?', toWallMs],
    ['key = ?', key],
    ['domain = ?', domain],
    ['tier = ?', tier],
  ];
  const given = conditions.filter((each): each is [string, InValue] => each[1] !== undefined);
  return { where: given.map(([sql]) => sql).join(' AND '), args: given.map(([, value]) => value) };
}
