import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { budgetId, periodOf, type BudgetLimit } from '@terrace/core/budget';
import { outcomeEntry } from '@terrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { salvage } from '../ledger/salvage.js';
import { openSqliteLedger } from '../ledger/sqlite-ledger.js';
import { systemClock } from '../system-clock.js';
import { openSqliteBudgetStore } from './sqlite-budget-store.js';

const NOW = Date.UTC(2031, 4, 17, 12, 30);
const limitOf = (changes: Partial<BudgetLimit> = {}): BudgetLimit => ({
  scope: {},
  period: 'month',
  unit: 'usd',
  limit: 10,
  whenSpent: 'local',
  alertAt: [],
  ...changes,
});

it('what a damaged ledger shows was spent counts in the new one, by unit and scope, and once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-budgets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'ledger.db');
  const damaged = join(folder, 'ledger.corrupt-1.db');
  const outcome = (hoursAgo: number, costUsd: number, key = 'kiosk', tier = 'cloud') =>
    outcomeEntry({ atWallMs: NOW - hoursAgo * 3_600_000, costUsd, key, tier, sentBytes: 100, energyJoules: 0.5 });
  const old = await openSqliteLedger({ file });
  await old.append([outcome(0, 1), outcome(1, 2, 'desk'), outcome(30, 4, 'kiosk', 'site'), outcome(24 * 40, 8)]);
  await old.close();
  renameSync(file, damaged);

  const store = openSqliteBudgetStore({ file, clock: systemClock });
  onTestFinished(() => store.close());
  const limits = [
    limitOf(),
    limitOf({ period: 'day' }),
    limitOf({ scope: { key: 'kiosk' } }),
    limitOf({ scope: { key: 'kiosk', tier: 'site', domain: 'bank' } }),
    limitOf({ unit: 'bytes' }),
    limitOf({ unit: 'joules', period: 'hour' }),
    limitOf({ scope: { domain: 'other' } }),
    limitOf({ period: 'request' }),
  ];
  const periods = limits
    .filter(({ period }) => period !== 'request')
    .map((limit) => ({
      budgetId: budgetId(limit),
      fromWallMs: periodOf(limit.period as 'month', NOW).fromWallMs,
      unit: limit.unit,
      limit: limit.limit,
    }));
  // The new ledger's books have a little already, which is among the outcomes too once they are taken over.
  const amounts = { usd: 0.5, bytes: 0, joules: 0 };
  await store.reserve({ id: 'a', requestId: 'a', atWallMs: NOW, amounts, periods: [periods[0]!] });
  await store.settle('a', amounts);
  const salvaged = await salvage({ damaged, into: file, clock: systemClock, wallMs: NOW, limits });
  expect(salvaged).toMatchObject({ rows: 4, lost: 0, budgets: periods.slice(0, 6).map(({ budgetId: id }) => id) });
  const spent = async () => (await store.spending(periods)).map((each) => each.spent);
  expect(await spent()).toEqual([7, 3, 5, 4, 300, 0.5, 0]);
  expect(await store.hours('month/usd', 0)).toMatchObject([{ amount: 4 }, { amount: 2 }, { amount: 1 }]);
  expect(await salvage({ damaged, into: file, clock: systemClock, wallMs: NOW, limits })).toBeUndefined();
  expect(await spent()).toEqual([7, 3, 5, 4, 300, 0.5, 0]);
});

it('what the books of a damaged ledger say and what its outcomes show counts once, whoever comes first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-budgets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'ledger.db');
  const month = { budgetId: 'month/usd', fromWallMs: Date.UTC(2031, 4, 1), unit: 'usd' as const, limit: 10 };
  const usd = (amount: number) => ({ usd: amount, bytes: 0, joules: 0 });
  const open = () => openSqliteBudgetStore({ file, clock: systemClock });
  const old = open();
  for (const id of ['a', 'held'])
    await old.reserve({ id, requestId: id, atWallMs: NOW, amounts: usd(2), periods: [month] });
  await old.settle('a', usd(2));
  await old.close();
  const ledger = await openSqliteLedger({ file });
  await ledger.append([outcomeEntry({ atWallMs: NOW, costUsd: 2 })]);
  await ledger.close();
  const damaged = join(folder, 'ledger.corrupt-1.db');
  renameSync(file, damaged);

  await salvage({ damaged, into: file, clock: systemClock, wallMs: NOW, limits: [limitOf()] });
  const store = open();
  onTestFinished(() => store.close());
  expect(await store.spending([month])).toMatchObject([{ spent: 2, reserved: 2 }]);
});
