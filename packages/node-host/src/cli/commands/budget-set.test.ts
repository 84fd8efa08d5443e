import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { budgetsFileOf } from '../../budget/budgets-path.js';
import { openSqliteBudgetStore } from '../../budget/sqlite-budget-store.js';
import { systemClock } from '../../system-clock.js';
import { periodOf } from '@terrace/core/budget';
import { budgetSet } from './budget-set.js';
import { budgetShow } from './budget-show.js';

let home: string;
let said: string;
let warned: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'terrace-budgets-'));
  said = warned = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said += String(text)), true));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((warned += String(text)), true));
  onTestFinished(() => {
    out.mockRestore();
    err.mockRestore();
    rmSync(home, { recursive: true, force: true });
  });
});

it('shows budgets that were set, with what is spent and held of them', async () => {
  await budgetShow({ home });
  expect(said).toContain('No budget is set');
  await budgetSet('20/month', { home });
  await budgetSet('100MiB/day', { home, soft: true, alert: [0.5] });
  expect(said).toContain(
    'month/usd: 20USD/month; once it is spent, nothing that costs is asked (hard); alerts at 80.0 %',
  );
  const { fromWallMs } = periodOf('month', systemClock.wallMs());
  const store = openSqliteBudgetStore({ file: join(home, 'ledger.db'), clock: systemClock });
  const period = { budgetId: 'month/usd', fromWallMs, unit: 'usd' as const, limit: 20 };
  const amounts = { usd: 5, bytes: 0, joules: 0 };
  for (const id of ['a', 'b'])
    await store.reserve({ id, requestId: id, atWallMs: fromWallMs, amounts, periods: [period] });
  await store.settle('a', amounts);
  await store.close();
  said = '';
  await budgetShow({ home });
  expect(said).toMatch(/month\/usd +20USD\/month +5 USD +5 USD +10 USD/);
  expect(said).toContain('Held: by calls under way');
  said = '';
  await budgetShow({ home, json: true });
  expect(JSON.parse(said)).toMatchObject({
    budgets: [
      { id: 'month/usd', spent: 5, reserved: 5, left: 10, whenSpent: 'local', alertAt: [0.8, 1] },
      { id: 'day/bytes', spent: 0, left: 100 * 2 ** 20, whenSpent: 'degrade', alertAt: [0.5] },
    ],
  });
  expect(warned).toBe('');
});

it('replaces and removes budgets by their id', async () => {
  await budgetSet('20/month', { home, json: true });
  await budgetSet('30/month', { home, json: true, whenSpent: 'refuse' });
  expect(said.match(/"replaced": (\w+)/g)).toEqual(['"replaced": false', '"replaced": true']);
  await budgetSet('month/usd', { home, remove: true });
  await expect(budgetSet('month/usd', { home, remove: true })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

it('warns of a budget for what is not there, and refuses what is neither soft nor hard', async () => {
  await budgetSet('1/day', { home, key: 'nobody', domain: 'nowhere', tier: 'none' });
  for (const name of ['server key "nobody"', 'domain "nowhere"', 'tier "none"']) expect(warned).toContain(name);
  await expect(budgetSet('1/day', { home, soft: true, hard: true })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(budgetSet('1/day', { home, soft: true, whenSpent: 'refuse' })).rejects.toThrow('soft or hard');
});

it('says that of two budgets with one id the last counts', async () => {
  const limit = { period: 'month', unit: 'usd', limit: 1, whenSpent: 'local' };
  writeFileSync(budgetsFileOf(home), JSON.stringify({ format: 1, budgets: [limit, { ...limit, limit: 2 }] }));
  await budgetShow({ home });
  expect(warned).toContain('more than once');
  expect(said).toContain('2USD/month');
  expect(said).not.toContain('1USD/month');
});
