import type { BudgetAlert } from './alerts.js';
import type { BudgetStanding } from './budget-limit.js';
import type { BudgetForecast } from './forecast.js';
import { printAmount } from './parse-limit.js';

/** In words, for a warning. */
export function describeAlert(alert: BudgetAlert): string {
  const { id, limit, spent } = alert.standing;
  const of = `${printAmount(spent, limit.unit)} of ${printAmount(limit.limit, limit.unit)}`;
  if (alert.kind === 'share') return `${percent(alert.share)} of the budget ${id} are spent (${of})`;
  if (alert.kind === 'forecast') return describeForecast(alert.forecast, alert.standing);
  const why =
    limit.whenSpent === 'degrade'
      ? 'what nobody else can answer is asked all the same'
      : 'something was billed higher than its price says';
  return `the budget ${id} is overrun (${of}): ${why}`;
}

function describeForecast({ expected, overrunProbability }: BudgetForecast, { id, limit }: BudgetStanding): string {
  const of = `${printAmount(expected, limit.unit)} of ${printAmount(limit.limit, limit.unit)} are expected`;
  return `the budget ${id} will probably not last: ${of} (${percent(overrunProbability)} sure)`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
