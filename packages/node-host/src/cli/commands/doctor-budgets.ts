import { join } from 'node:path';
import { isOverrunLikely, printAmount, printLimit } from '@terrace/core/budget';
import { readBudgets } from '../../budget/budgets-file.js';
import { budgetsFileOf } from '../../budget/budgets-path.js';
import type { Forecasted } from '../../budget/forecast-standings.js';
import { openNodeBudget } from '../../budget/open-node-budget.js';
import { systemClock } from '../../system-clock.js';
import { percent } from '../output.js';
import { blocked, toWarning, type Check, type Finding } from './doctor-context.js';

const NAME = 'budgets';

/** Whether the budgets can be read, and which are spent or will probably not last. */
export const budgets: Check = {
  name: NAME,
  async run(context) {
    const { home } = await context.settings();
    const { length } = await readBudgets(budgetsFileOf(home));
    if (length === 0) return [{ name: NAME, state: 'ok', found: 'none is set' }];
    if (await context.isLedgerDamaged()) return [blocked(NAME, 'ledger')];
    const findings: Finding[] = [];
    const onFailure = (error: unknown): void => void findings.push(toWarning(NAME, error));
    const budget = await openNodeBudget({ home, ledgerFile: join(home, 'ledger.db'), clock: systemClock, onFailure });
    try {
      findings.push(...(await budget.forecasts()).flatMap(judgeBudget));
    } finally {
      await budget.close();
    }
    if (findings.length > 0) return findings;
    return [{ name: NAME, state: 'ok', found: `${length} can be read, and none is spent or will probably be` }];
  },
};

/** What somebody should know of a budget; one of 0 is spent from the start, as it is meant. Pure. */
export function judgeBudget({ standing, forecast }: Forecasted): Finding[] {
  const { id, limit, toWallMs, spent, reserved, left } = standing;
  if (toWallMs === undefined || limit.limit === 0) return [];
  const taken = printAmount(spent + reserved, limit.unit);
  const until = new Date(toWallMs).toISOString().slice(0, 16).replace('T', ' ');
  if (left <= 0) {
    return [
      {
        name: NAME,
        state: 'warning',
        found: `${id} is spent until ${until}: ${taken} of ${printLimit(limit)}`,
        fix: 'Wait until then, or raise it with `terrace budget set`.',
      },
    ];
  }
  if (!forecast || !isOverrunLikely(forecast)) return [];
  const expected = printAmount(forecast.expected, limit.unit);
  return [
    {
      name: NAME,
      state: 'warning',
      found: `${id} will probably be spent before ${until}: ${expected} are expected of ${printLimit(limit)} (${percent(forecast.overrunProbability)} sure)`,
      fix: 'Raise it with `terrace budget set`, or look at what is dear: `terrace report`; `terrace budget forecast` has the particulars.',
    },
  ];
}
