import { join } from 'node:path';
import { InvalidRequestError } from '@terrace/core';
import { forecast, FORECAST_DAYS, HOUR_MS, type BudgetForecast, type BudgetStanding } from '@terrace/core/budget';
import { openNodeBudget } from '../../budget/open-node-budget.js';
import { openSqliteBudgetStore } from '../../budget/sqlite-budget-store.js';
import { systemClock } from '../../system-clock.js';
import { describeForecasts } from '../describe-forecast.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

/** A budget with what it will have taken; undefined where there is nothing to go by. */
export interface Forecasted {
  readonly standing: BudgetStanding;
  readonly forecast: BudgetForecast | undefined;
}

/** `terrace budget forecast`: what budgets will have taken at the end of their periods. */
export async function budgetForecast(id: string | undefined, flags: GlobalFlags): Promise<number> {
  const { home, warnings } = await readSettings(flags);
  for (const warning of warnings) warn(warning);
  const nowWallMs = systemClock.wallMs();
  const standings = await standingsOf(home, id);
  const forecasts = await forecastsOf(home, standings, nowWallMs);
  // What there is none of is null: a program finds every field.
  if (flags.json) printJson({ forecasts: forecasts.map(toJson) });
  else if (forecasts.length === 0) print('No budget is set: `terrace budget set 20/month`.');
  else print(describeForecasts(forecasts));
  return EXIT.answered;
}

/** Of one budget, or of all that have an end. */
async function standingsOf(home: string, id: string | undefined): Promise<readonly BudgetStanding[]> {
  const budget = await openNodeBudget({ home, ledgerFile: join(home, 'ledger.db'), clock: systemClock, onFailure });
  try {
    const all = (await budget.standings()).filter(({ limit }) => limit.period !== 'request');
    if (id === undefined) return all;
    const asked = all.filter((each) => each.id === id);
    if (asked.length > 0) return asked;
    throw new InvalidRequestError({
      message: `There is no budget "${id.slice(0, 80)}" whose period has an end.`,
      hint: `Use one of: ${all.map((each) => each.id).join(', ') || 'none is set (`terrace budget set 20/month`)'}.`,
      facts: { budget: id.slice(0, 80) },
    });
  } finally {
    await budget.close();
  }
}

async function forecastsOf(
  home: string,
  standings: readonly BudgetStanding[],
  nowWallMs: number,
): Promise<readonly Forecasted[]> {
  const store = openSqliteBudgetStore({ file: join(home, 'ledger.db'), clock: systemClock, onWarning: onFailure });
  try {
    const sinceWallMs = nowWallMs - FORECAST_DAYS * 24 * HOUR_MS;
    return await Promise.all(
      standings.map(async (standing) => {
        const hours = await store.hours(standing.id, sinceWallMs);
        return { standing, forecast: forecast({ hours, standing, nowWallMs }) };
      }),
    );
  } finally {
    await store.close();
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
