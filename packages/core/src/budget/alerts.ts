import type { BudgetStanding } from './budget-limit.js';
import type { BudgetForecast } from './forecast.js';

/** Something about a budget that somebody should know. */
export type BudgetAlert =
  /** A share of the limit is spent, as `alertAt` asks for. */
  | { readonly kind: 'share'; readonly share: number; readonly standing: BudgetStanding }
  /** More is spent than the limit allows: something was billed higher than its price says. */
  | { readonly kind: 'overrun'; readonly standing: BudgetStanding }
  /** It will probably not last to the end of its period. */
  | { readonly kind: 'forecast'; readonly forecast: BudgetForecast; readonly standing: BudgetStanding };

/**
 * Shares of the limit that are spent and were not told yet, in ascending order.
 * @param toldShares of this period
 */
export const dueAlerts = ({ limit, spent }: BudgetStanding, toldShares: readonly number[]): number[] =>
  limit.alertAt
    .filter((share) => limit.limit > 0 && spent >= share * limit.limit && !toldShares.includes(share))
    .toSorted((a, b) => a - b);
