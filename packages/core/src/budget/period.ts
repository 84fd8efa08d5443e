import type { BudgetPeriod } from './budget-limit.js';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A calendar period in UTC: its first millisecond of the wall clock, and the one after its last. */
export interface Period {
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

/** The period that a time of the wall clock lies in. */
export function periodOf(period: Exclude<BudgetPeriod, 'request'>, wallMs: number): Period {
  switch (period) {
    case 'hour':
      return evenly(wallMs, HOUR_MS);
    case 'day':
      return evenly(wallMs, DAY_MS);
    case 'month': {
      const date = new Date(wallMs);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return { fromWallMs: monthBegins(year, month), toWallMs: monthBegins(year, month + 1) };
    }
    default:
      return period satisfies never;
  }
}

/** Days of UTC have no leap seconds: every one is as long. */
function evenly(wallMs: number, lengthMs: number): Period {
  const fromWallMs = Math.floor(wallMs / lengthMs) * lengthMs;
  return { fromWallMs, toWallMs: fromWallMs + lengthMs };
}

/** `Date.UTC` takes the years up to 99 for those after 1900. */
const monthBegins = (year: number, month: number): number => new Date(0).setUTCFullYear(year, month, 1);
