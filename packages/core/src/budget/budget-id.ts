import type { BudgetLimit } from './budget-limit.js';

/**
 * What a budget is known by, e.g. `month/usd` or `day/usd/key=kiosk/tier=cloud`. The limit is no part of it: who raises a
 * limit does not begin anew. Names are encoded, so that none can look like another budget.
 */
export function budgetId({ period, unit, scope }: Pick<BudgetLimit, 'period' | 'unit' | 'scope'>): string {
  const named = (['key', 'domain', 'tier'] as const).flatMap((field) => {
    const name = scope[field];
    return name === undefined ? [] : [`${field}=${encodeURIComponent(name)}`];
  });
  return [period, unit, ...named].join('/');
}
