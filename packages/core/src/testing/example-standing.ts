import type { BudgetStanding } from '../budget/budget-limit.js';

/** A month of which most is spent. */
export const exampleStanding = (changes: Partial<BudgetStanding> = {}): BudgetStanding => ({
  id: 'month/usd',
  limit: { scope: {}, period: 'month', unit: 'usd', limit: 20, whenSpent: 'local', alertAt: [] },
  fromWallMs: Date.UTC(2026, 10, 1),
  toWallMs: Date.UTC(2026, 11, 1),
  spent: 16.5,
  reserved: 0,
  left: 3.5,
  ...changes,
});
