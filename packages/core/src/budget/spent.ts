import { BudgetExhaustedError } from '../errors/budget-exhausted-error.js';
import type { SpentBudget } from '../ports/budget.js';
import type { BudgetStanding } from './budget-limit.js';
import { printAmount } from './parse-limit.js';

/** How a budget that has no room stands, in words as well. */
export function toSpent({ id: budget, limit: given, left, toWallMs: resetsAtWallMs }: BudgetStanding): SpentBudget {
  const { unit, whenSpent, limit, period } = given;
  const until = resetsAtWallMs === undefined ? 'for this request' : `until ${printTime(resetsAtWallMs, period)}`;
  const of = `${printAmount(limit - left, unit).replace(/ .*/, '')} of ${printAmount(limit, unit)}`;
  const message =
    left > 0
      ? `the budget ${budget} has ${printAmount(left, unit)} left ${until}, less than this may cost`
      : `the budget ${budget} is spent ${until} (${of})`;
  return { budget, unit, whenSpent, limit, left, resetsAtWallMs, message };
}

/** @param cause what kept it from being read, where that is the reason */
export function isExhausted(spent: SpentBudget, cause?: unknown): BudgetExhaustedError {
  const { budget, unit, limit, left, resetsAtWallMs, message } = spent;
  return new BudgetExhaustedError({
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    hint:
      cause === undefined
        ? '`terrace budget show` says how budgets stand; `terrace budget set` raises one.'
        : 'Nothing that costs is asked while nobody can say what is left: the cause says what is wrong.',
    facts: { budget, unit, limit, left, resetsAtWallMs },
    cause,
  });
}

/** Days where it is one, and minutes of UTC otherwise. */
function printTime(wallMs: number, period: BudgetStanding['limit']['period']): string {
  const iso = new Date(wallMs).toISOString();
  return period === 'hour' ? `${iso.slice(0, 16).replace('T', ' ')} UTC` : iso.slice(0, 10);
}
