import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR_MS, NOTHING, periodOf } from '@terrace/core/budget';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { setBudget } from '../../budget/budgets-file.js';
import { budgetsFileOf } from '../../budget/budgets-path.js';
import { openSqliteBudgetStore } from '../../budget/sqlite-budget-store.js';
import { systemClock } from '../../system-clock.js';
import { budgetForecast } from './budget-forecast.js';

const home = mkdtempSync(join(tmpdir(), 'terrace-forecast-'));
afterAll(() => rmSync(home, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What the command prints as JSON. */
async function asked(id?: string): Promise<{ forecasts: { id: string; spent: number; forecast: object | null }[] }> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  await budgetForecast(id, { home, json: true });
  return JSON.parse(written.join('')) as Awaited<ReturnType<typeof asked>>;
}

/** Spends a dollar in each of the hours before this one. */
async function spend(hours: number): Promise<void> {
  const store = openSqliteBudgetStore({ file: join(home, 'ledger.db'), clock: systemClock });
  const nowWallMs = systemClock.wallMs();
  for (let hour = hours; hour > 0; hour--) {
    const atWallMs = nowWallMs - hour * HOUR_MS;
    const amounts = { ...NOTHING, usd: 1 };
    const { fromWallMs } = periodOf('month', atWallMs);
    const periods = [{ budgetId: 'month/usd', fromWallMs, unit: 'usd', limit: Infinity }] as const;
    await store.reserve({ id: `${hour}`, requestId: `${hour}`, atWallMs, amounts, periods });
    await store.settle(`${hour}`, amounts);
  }
  await store.close();
}

describe('the forecasts of the budgets of a state folder', () => {
  it('are none without a budget, and nothing of a budget without spending', async () => {
    expect(await asked()).toEqual({ forecasts: [] });
    const limit = { scope: {}, unit: 'usd', limit: 20, whenSpent: 'degrade', alertAt: [] } as const;
    await setBudget(budgetsFileOf(home), { ...limit, period: 'month' });
    await setBudget(budgetsFileOf(home), { ...limit, period: 'request' });
    expect((await asked()).forecasts).toMatchObject([{ id: 'month/usd', spent: 0, forecast: null }]);
  });

  it('are made of the hours in the ledger, for all budgets or one', async () => {
    await spend(30);
    const { forecasts } = await asked('month/usd');
    expect(forecasts).toMatchObject([{ id: 'month/usd', forecast: { basisHours: 30 } }]);
    await expect(budgetForecast('day/usd', { home })).rejects.toThrow('There is no budget "day/usd"');
  });
});
