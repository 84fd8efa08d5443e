import { seededRandom } from '../evaluate/seeded-random.js';
import { quantile } from '../evaluate/summary.js';
import type { BudgetStanding } from './budget-limit.js';
import { drawTotals, DRAWS } from './draw-totals.js';
import { expectedIn, hoursToCome, type HourToCome } from './hours-to-come.js';
import { observedHours } from './observed-hours.js';
import { spendingDays } from './spending-days.js';
import type { BudgetForecast, HourOfSpending } from './forecast.js';

export interface ForecastInput {
  /** Settled spending of this budget, of earlier periods as well; hours without any may be missing. */
  readonly hours: readonly HourOfSpending[];
  readonly standing: BudgetStanding;
  readonly nowWallMs: number;
}

/** The same spending has the same forecast. */
const SEED = 1;

/**
 * Spending so far and a bootstrap of the rest of the period: whole days of the past in place of those to come, hour by hour of
 * the day and, from 14 days on, with the weight of their day of the week; all of them times a gamma-distributed factor for
 * what so few days leave unknown of the mean.
 * @returns undefined for budgets of single requests, and while there is no full hour since the first spending
 */
export function forecast({ hours, standing, nowWallMs }: ForecastInput): BudgetForecast | undefined {
  const { limit, toWallMs, spent, reserved } = standing;
  const observed = observedHours(hours, limit, nowWallMs);
  if (toWallMs === undefined || observed.length === 0) return undefined;
  const shape = spendingDays(observed);
  const taken = spent + reserved;
  const path = hoursToCome(nowWallMs, toWallMs).map((hour) => ({ ...hour, amount: expectedIn(hour, shape) }));
  const draws = drawTotals({ shape, path, random: seededRandom(SEED) }).map((rest) => taken + rest);
  return {
    expected: path.reduce((sum, { amount }) => sum + amount, taken),
    low: quantile(draws, 0.05),
    high: quantile(draws, 0.95),
    spentAtWallMs: whenSpent(path, taken, limit.limit, nowWallMs),
    overrunProbability: draws.filter((total) => total > limit.limit).length / DRAWS,
    basisHours: observed.length,
  };
}

function whenSpent(
  path: readonly (HourToCome & { readonly amount: number })[],
  taken: number,
  limit: number,
  nowWallMs: number,
): number | undefined {
  if (taken >= limit) return nowWallMs;
  let sum = taken;
  for (const { fromWallMs, toWallMs, amount } of path) {
    if (sum + amount >= limit && amount > 0) return fromWallMs + ((limit - sum) / amount) * (toWallMs - fromWallMs);
    sum += amount;
  }
  return undefined;
}
