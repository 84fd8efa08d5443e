import { printAmount, printLimit, type BudgetLimit, type BudgetStanding } from '@terrace/core/budget';
import { percent, table } from './output.js';

const WHEN_SPENT: Readonly<Record<BudgetLimit['whenSpent'], string>> = {
  degrade: 'cheaper tiers answer (soft)',
  local: 'nothing that costs is asked (hard)',
  refuse: 'nothing is answered (hard)',
};

/** One budget a line. */
export function describeBudgets(standings: readonly BudgetStanding[]): string {
  const head = ['budget', 'limit', 'spent', 'held', 'left', 'begins anew', 'once it is spent'];
  const held = standings.some(({ reserved }) => reserved > 0);
  const note = '\nHeld: by calls under way, and by processes that ended before they could say what a call cost.';
  return `${table([head, ...standings.map(rowOf)])}${held ? note : ''}`;
}

export const describeLimit = (id: string, limit: BudgetLimit): string => {
  const alerts = limit.alertAt.length === 0 ? 'no alerts' : `alerts at ${limit.alertAt.map(percent).join(', ')}`;
  return `${id}: ${printLimit(limit)}; once it is spent, ${WHEN_SPENT[limit.whenSpent]}; ${alerts}`;
};

function rowOf({ id, limit, spent, reserved, left, toWallMs }: BudgetStanding): string[] {
  const { unit, whenSpent } = limit;
  const amounts =
    toWallMs === undefined ? ['', '', ''] : [spent, reserved, left].map((each) => printAmount(each, unit));
  const anew =
    toWallMs === undefined ? 'with each request' : new Date(toWallMs).toISOString().slice(0, 16).replace('T', ' ');
  return [id, printLimit(limit), ...amounts, anew, WHEN_SPENT[whenSpent]];
}
