import type { BudgetLimit } from './budget-limit.js';
import type { HourOfSpending } from './forecast.js';
import { HOUR_MS, periodOf } from './period.js';

/** Older spending says less of the next weeks than it costs: eight weeks are whole weeks. */
export const FORECAST_DAYS = 56;

/** From this share of a hard limit on, what was asked for and what was spent are no longer the same. */
const CAPPED_AT = 0.95;

/**
 * Full hours since the first one with spending, those without any among them, oldest first. Hours in which a hard limit was
 * spent already are left out: that nothing was paid says nothing of what was wanted.
 */
export function observedHours(
  hours: readonly HourOfSpending[],
  { period, limit, whenSpent }: BudgetLimit,
  nowWallMs: number,
): HourOfSpending[] {
  const untilWallMs = hourOf(nowWallMs);
  const amounts = new Map<number, number>();
  for (const { fromWallMs, amount } of hours) {
    const hour = hourOf(fromWallMs);
    if (
      amount > 0 &&
      Number.isFinite(amount) &&
      hour < untilWallMs &&
      hour >= untilWallMs - FORECAST_DAYS * 24 * HOUR_MS
    )
      amounts.set(hour, (amounts.get(hour) ?? 0) + amount);
  }
  const isCapped = whenSpent !== 'degrade' && period !== 'request';
  const observed: HourOfSpending[] = [];
  let periodFrom: number | undefined;
  let taken = 0;
  for (let hour = Math.min(...amounts.keys()); hour < untilWallMs; hour += HOUR_MS) {
    const amount = amounts.get(hour) ?? 0;
    if (isCapped) {
      const { fromWallMs } = periodOf(period, hour);
      if (fromWallMs !== periodFrom) [periodFrom, taken] = [fromWallMs, 0];
      if (taken < CAPPED_AT * limit) observed.push({ fromWallMs: hour, amount });
      taken += amount;
    } else observed.push({ fromWallMs: hour, amount });
  }
  return observed;
}

const hourOf = (wallMs: number): number => Math.floor(wallMs / HOUR_MS) * HOUR_MS;
