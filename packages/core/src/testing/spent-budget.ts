import { isExhausted } from '../budget/spent.js';
import type { Budget, SpentBudget } from '../ports/budget.js';

/** A budget in bytes that is spent, for `withRequests`: what stays on the device runs, and where it is a soft one, what nobody else can answer. */
export function spentBudget(message: string, changes: Partial<SpentBudget> = {}): Budget {
  const spent: SpentBudget = {
    budget: 'month/bytes',
    unit: 'bytes',
    whenSpent: 'local',
    limit: 20,
    left: 0,
    resetsAtWallMs: Date.UTC(2026, 11, 1),
    message,
    ...changes,
  };
  return {
    whySpent: (_, __, units = ['usd', 'bytes']) =>
      spent.whenSpent === 'refuse' || units.includes(spent.unit) ? spent : undefined,
    async pay({ atMost, optional }, run) {
      const isRefused =
        spent.whenSpent === 'refuse' || (atMost[spent.unit] > 0 && (optional || spent.whenSpent !== 'degrade'));
      if (isRefused) throw isExhausted(spent);
      return run({ add: () => undefined, covers: () => true });
    },
  };
}
