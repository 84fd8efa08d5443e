import { budgetId } from './budget-id.js';
import type { BudgetLimit, BudgetScope } from './budget-limit.js';

/** A limit with what it is known by. */
export interface CountedLimit {
  readonly id: string;
  readonly limit: BudgetLimit;
}

/** Of limits with one id the last counts. */
export function countedLimits(limits: readonly BudgetLimit[]): readonly CountedLimit[] {
  const byId = new Map(limits.map((limit) => [budgetId(limit), limit]));
  return [...byId].map(([id, limit]) => ({ id, limit }));
}

/** Whether a budget counts calls of this scope. */
export const counts = ({ scope }: BudgetLimit, { key, domain, tier }: BudgetScope): boolean =>
  (scope.key === undefined || scope.key === key) &&
  (scope.domain === undefined || scope.domain === domain) &&
  (scope.tier === undefined || scope.tier === tier);
