import { join } from 'node:path';
import { openNodeBudget } from '../../budget/open-node-budget.js';
import { systemClock } from '../../system-clock.js';
import { describeBudgets } from '../describe-budget.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

/** `terrace budget show`: how every budget stands, beside whatever runs. */
export async function budgetShow(flags: GlobalFlags): Promise<number> {
  const { home, warnings } = await readSettings(flags);
  for (const warning of warnings) warn(warning);
  const budget = await openNodeBudget({
    home,
    ledgerFile: join(home, 'ledger.db'),
    clock: systemClock,
    onFailure: (error) => warn(error instanceof Error ? error.message : String(error)),
  });
  try {
    const standings = await budget.standings();
    // What there is none of is null: a program finds every field.
    if (flags.json) printJson({ budgets: standings.map(toJson) });
    else if (standings.length === 0) print('No budget is set: `terrace budget set 20/month`.');
    else print(describeBudgets(standings));
    return EXIT.answered;
  } finally {
    await budget.close();
  }
}

const toJson = ({ id, limit, fromWallMs, toWallMs, spent, reserved, left }: Standing) => ({
  id,
  ...limit,
  spent,
  reserved,
  left,
  beganAt: dateOf(fromWallMs),
  resetsAt: dateOf(toWallMs),
});

type Standing = Awaited<ReturnType<Awaited<ReturnType<typeof openNodeBudget>>['standings']>>[number];

const dateOf = (wallMs: number | undefined): string | null =>
  wallMs === undefined ? null : new Date(wallMs).toISOString();
