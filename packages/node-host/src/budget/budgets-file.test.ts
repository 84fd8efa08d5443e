import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { budgetId, type BudgetLimit } from '@terrace/core/budget';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { readBudgets, removeBudget, repeatedIds, setBudget } from './budgets-file.js';
import { budgetsFileOf } from './budgets-path.js';
import { openNodeBudget, watchBudgets } from './open-node-budget.js';
import { systemClock } from '../system-clock.js';

let home: string;
let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-budgets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  home = join(folder, 'state');
  file = budgetsFileOf(home);
});

const limitOf = (changes: Partial<BudgetLimit> = {}): BudgetLimit => ({
  scope: {},
  period: 'month',
  unit: 'usd',
  limit: 20,
  whenSpent: 'degrade',
  alertAt: [0.8, 1],
  ...changes,
});

it('budgets are kept in a file that only its owner reads; one that is set again replaces itself', async () => {
  expect(await readBudgets(file)).toEqual([]);
  expect(await setBudget(file, limitOf())).toBe(false);
  expect(await setBudget(file, limitOf({ scope: { key: 'kiosk' } }))).toBe(false);
  expect(await setBudget(file, limitOf({ limit: 30 }))).toBe(true);
  expect(await readBudgets(file)).toEqual([limitOf({ scope: { key: 'kiosk' } }), limitOf({ limit: 30 })]);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  await removeBudget(file, 'month/usd');
  expect((await readBudgets(file)).map(budgetId)).toEqual(['month/usd/key=kiosk']);
  await expect(removeBudget(file, 'month/usd')).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    hint: 'Budgets: month/usd/key=kiosk.',
  });
});

it('budgets that are set at the same time are all kept', async () => {
  const keys = Array.from({ length: 5 }, (_, i) => `key ${i}`);
  await Promise.all(keys.map((key) => setBudget(file, limitOf({ scope: { key } }))));
  expect((await readBudgets(file)).map(({ scope }) => scope.key).toSorted()).toEqual(keys);
});

it.each([
  { limit: -1 },
  { limit: Number.NaN },
  { limit: 1e300 },
  { limit: Infinity },
  { alertAt: [0] },
  { alertAt: [1.5] },
  { scope: { key: '' } },
  { scope: { tier: 'a\u001B[2J' } },
  { scope: { domain: '\uD800' } },
  { period: 'year' as 'month' },
])('%j is refused', async (changes) => {
  await expect(setBudget(file, limitOf(changes))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(await readBudgets(file)).toEqual([]);
});

it.each([
  '',
  '{"format":1,"budgets":',
  '[]',
  '{"format":2,"budgets":[]}',
  '{"format":1,"budgets":[{"period":"month","unit":"usd","limit":1,"whenSpent":"local","scope":{"user":"x"}}]}',
  '{"format":1,"budgets":[{"period":"month","unit":"usd","limit":-1,"whenSpent":"local"}]}',
  '{"format":1,"budgets":[{"period":"month","unit":"usd","limit":1,"whenSpent":"local","alertsAt":[1]}]}',
])('a file with %s is refused, and nothing starts with it', async (text) => {
  await setBudget(file, limitOf());
  writeFileSync(file, text);
  await expect(readBudgets(file)).rejects.toMatchObject({ code: 'INVALID_DATA', facts: { file } });
  const opening = openNodeBudget({ home, ledgerFile: join(home, 'ledger.db'), clock: systemClock });
  await expect(opening).rejects.toMatchObject({ code: 'INVALID_DATA' });
  await expect(setBudget(file, limitOf())).rejects.toMatchObject({ code: 'INVALID_DATA' });
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it('says which ids stand in it twice', () => {
  const twice = [limitOf(), limitOf({ unit: 'bytes' }), limitOf({ limit: 3 }), limitOf({ limit: 4 })];
  expect(repeatedIds(twice)).toEqual(['month/usd']);
});

it('what runs sees budgets that come and go, and keeps those it had when the file cannot be read', async () => {
  const failures: unknown[] = [];
  const watched = await watchBudgets(home, { onFailure: (error) => failures.push(error), lookEveryMs: 5 });
  onTestFinished(() => watched.close());
  expect(watched.current()).toEqual([]);
  await setBudget(file, limitOf());
  await expect.poll(() => watched.current()).toEqual([limitOf()]);
  writeFileSync(file, '{');
  await expect.poll(() => failures.length).toBe(1);
  expect(watched.current()).toEqual([limitOf()]);
});
