import { join } from 'node:path';
import { InvalidRequestError } from '@terrace/core';
import type { Forecasted } from '../../budget/forecast-standings.js';
import { openNodeBudget } from '../../budget/open-node-budget.js';
import { systemClock } from '../../system-clock.js';
import { describeForecasts } from '../describe-forecast.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

/** `terrace budget forecast`: what budgets will have taken at the end of their periods. */
export async function budgetForecast(id: string | undefined, flags: GlobalFlags): Promise<number> {
  const { home, warnings } = await readSettings(flags);
  for (const warning of warnings) warn(warning);
  const forecasts = await forecastsOf(home, id);
  // What there is none of is null: a program finds every field.
  if (flags.json) printJson({ forecasts: forecasts.map(toJson) });
  else if (forecasts.length === 0) print('No budget is set: `terrace budget set 20/month`.');
  else print(describeForecasts(forecasts));
  return EXIT.answered;
}

/** Of one budget, or of all that have an end. */
async function forecastsOf(home: string, id: string | undefined): Promise<readonly Forecasted[]> {
  const budget = await openNodeBudget({ home, ledgerFile: join(home, 'ledger.db'), clock: systemClock, onFailure });
  try {
    const all = (await budget.forecasts()).filter(({ standing }) => standing.limit.period !== 'request');
    if (id === undefined) return all;
    const asked = all.filter(({ standing }) => standing.id === id);
    if (asked.length > 0) return asked;
    throw new InvalidRequestError({
      message: `There is no budget "${id.slice(0, 80)}" whose period has an end.`,
      hint: `Use one of: ${all.map(({ standing }) => standing.id).join(', ') || 'none is set (`terrace budget set 20/month`)'}.`,
      facts: { budget: id.slice(0, 80) },
    });
  } finally {
    await budget.close();
  }
}

const onFailure = (error: unknown): void => warn(error instanceof Error ? error.message : String(error));

const toJson = ({ standing: { id, limit, spent, reserved, toWallMs }, forecast: found }: Forecasted): object => ({
  id,
  ...limit,
  spent,
  reserved,
  resetsAt: dateOf(toWallMs),
  forecast: found
    ? {
        expected: found.expected,
        low: found.low,
        high: found.high,
        overrunProbability: found.overrunProbability,
        spentAt: dateOf(found.spentAtWallMs),
        basisHours: found.basisHours,
      }
    : null,
});

const dateOf = (wallMs: number | undefined): string | null =>
  wallMs === undefined ? null : new Date(wallMs).toISOString();
