import type { Meter } from '../ports/budget.js';
import { type Amounts, BUDGET_UNITS, type BudgetUnit, NOTHING } from './amounts.js';
import { hasRoom, MOST_AMOUNT } from './require-amounts.js';

/** A meter that somebody reads in the end. */
export interface BudgetMeter extends Meter {
  /** Not negative, and no more than can be counted. */
  taken(): Amounts;
}

/** Of what nobody counts. */
export const FREE: Meter = { add: () => undefined, covers: () => true };

/** @param counted units of which a budget counts the run: of others there is always enough */
export function createMeter(reserved: Amounts, counted: ReadonlySet<BudgetUnit>): BudgetMeter {
  const sums = { ...NOTHING };
  return {
    add(part) {
      for (const unit of BUDGET_UNITS) sums[unit] += part[unit] ?? 0;
    },
    covers: (part) => [...counted].every((unit) => hasRoom(sums[unit], part[unit] ?? 0, reserved[unit])),
    taken: () => countable(sums, reserved),
  };
}

/** What cannot be added up is taken for as much as was expected at most. */
export const countable = (amounts: Amounts, atMost: Amounts): Amounts => ({
  usd: within(amounts.usd, atMost.usd),
  joules: within(amounts.joules, atMost.joules),
  bytes: within(amounts.bytes, atMost.bytes),
});

const within = (amount: number, atMost: number): number =>
  Number.isFinite(amount) ? Math.min(Math.max(0, amount), MOST_AMOUNT) : atMost;

export const sumOf = (a: Amounts, b: Amounts): Amounts => ({
  usd: a.usd + b.usd,
  joules: a.joules + b.joules,
  bytes: a.bytes + b.bytes,
});
