/** How much a request may cost on average, given what was spent. `fixed` is the published form. */
export type PaceKind = 'fixed' | 'paced';

/**
 * b_t = clip((b T - spent) / (T - t), 0, 3 b): what was saved is spent later, and what was spent too much is saved.
 * @param budget b, a request @param horizon T, requests in all @param asked t, requests so far @param spent by them
 */
export function pacedBudget(budget: number, horizon: number, asked: number, spent: number): number {
  if (asked >= horizon) return 0;
  return Math.min(3 * budget, Math.max(0, (budget * horizon - spent) / (horizon - asked)));
}
