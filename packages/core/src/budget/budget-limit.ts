import type { BudgetUnit } from './amounts.js';

/** Calendar periods in UTC; `request` is each request by itself. */
export type BudgetPeriod = 'request' | 'hour' | 'day' | 'month';

/** Which calls a budget counts: those that meet all of it, and every call where it says nothing. */
export interface BudgetScope {
  /** Name of the key a request came in with. */
  readonly key?: string | undefined;
  readonly domain?: string | undefined;
  /** Id of the tier that is called. */
  readonly tier?: string | undefined;
}

/** One limit, as an operator sets it. */
export interface BudgetLimit {
  readonly scope: BudgetScope;
  readonly period: BudgetPeriod;
  readonly unit: BudgetUnit;
  /** Most that a period may take, in `unit`; finite and not negative, and 0 allows nothing that costs. */
  readonly limit: number;
  /**
   * What becomes of requests once it is spent. `degrade` (soft): cheaper tiers answer, marked `degraded`; one that costs
   * is asked only where nothing else can answer. `local` (hard): tiers that cost are not asked, whatever happens.
   * `refuse` (hard): no request in its scope is answered.
   */
  readonly whenSpent: 'degrade' | 'local' | 'refuse';
  /** Shares of the limit in (0, 1] at which somebody is told, once a period. */
  readonly alertAt: readonly number[];
}

/** How a budget stands. */
export interface BudgetStanding {
  readonly id: string;
  readonly limit: BudgetLimit;
  /** First and one past the last millisecond of the period, of the wall clock; undefined for `request`. */
  readonly fromWallMs: number | undefined;
  readonly toWallMs: number | undefined;
  /** Settled. */
  readonly spent: number;
  /** Held by calls under way, and by calls whose process ended before it could settle: those may have been made. */
  readonly reserved: number;
  /** max(0, limit - spent - reserved). */
  readonly left: number;
}
