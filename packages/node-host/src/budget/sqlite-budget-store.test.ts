import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import { StorageError } from '@terrace/core';
import { describeBudgetStoreContract } from '@terrace/core/testing';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import { openSqliteBudgetStore } from './sqlite-budget-store.js';

const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'terrace-budgets-'));
const folders: string[] = [];

describeBudgetStoreContract('ledger.db', async () => {
  const folder = makeFolder();
  folders.push(folder);
  const open = () => openSqliteBudgetStore({ file: join(folder, 'ledger.db'), clock: systemClock });
  return { store: open(), reopen: async () => open() };
});

let file: string;
beforeEach(() => {
  const folder = makeFolder();
  folders.push(folder);
  file = join(folder, 'ledger.db');
  onTestFinished(() => {
    for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true });
  });
});

const NONE = { spent: 0, reserved: 0 };
const monthly = (limit: number) => ({ budgetId: 'month/usd', fromWallMs: 0, unit: 'usd' as const, limit });

it('makes no file to say that nothing was spent, nor to settle what was never reserved', async () => {
  const store = openSqliteBudgetStore({ file, clock: systemClock });
  expect(await store.spending([monthly(1)])).toMatchObject([{ spent: 0, reserved: 0 }]);
  expect(await store.hours('month/usd', 0)).toEqual([]);
  await store.settle('unknown', { usd: 1, bytes: 0, joules: 0 });
  await store.close();
  expect(() => rmSync(file)).toThrow('ENOENT');
});

it('goes on in a new file where the ledger was removed under it', async () => {
  const store = openSqliteBudgetStore({ file, clock: systemClock });
  const ask = (id: string) => ({
    id,
    requestId: id,
    atWallMs: 1,
    periods: [monthly(1)],
    amounts: { usd: 0.7, bytes: 0, joules: 0 },
  });
  expect(await store.reserve(ask('a'))).toBeUndefined();
  rmSync(file);
  expect(await store.reserve(ask('b'))).toBeUndefined();
  expect(await store.reserve(ask('c'))).toBeDefined();
  await store.close();
});

it('gives nothing back where a damaged ledger was set aside: what its books say counts in the new one, and once', async () => {
  const open = () => openSqliteBudgetStore({ file, clock: systemClock });
  const ask = (id: string, usd: number) => {
    const amounts = { usd, bytes: 0, joules: 0 };
    return { id, requestId: id, atWallMs: 1, periods: [monthly(10)], amounts };
  };
  const store = open();
  await store.reserve(ask('spent', 4));
  await store.settle('spent', { usd: 4, bytes: 0, joules: 0 });
  await store.reserve(ask('held', 3));
  const aside = file.replace(/db$/, 'corrupt-1.db');
  for (const suffix of ['-wal', '-shm', '']) renameSync(file + suffix, aside + suffix);
  expect(await store.reserve(ask('next', 4))).toMatchObject({ budgetId: 'month/usd' });
  await store.settle('held', { usd: 1, bytes: 0, joules: 0 });
  await store.close();
  const again = open();
  expect(await again.spending([monthly(10)])).toMatchObject([{ spent: 5, reserved: 0 }]);
  expect(await again.hours('month/usd', 0)).toEqual([{ fromWallMs: 0, amount: 5 }]);
  await again.close();
  expect(readdirSync(join(file, '..')).filter((name) => name.includes('salvage'))).toEqual([]);
});

it('takes over what can be read of damaged books, and no row that damage made up', async () => {
  const open = () => openSqliteBudgetStore({ file, clock: systemClock });
  const store = open();
  const amounts = { usd: 4, bytes: 0, joules: 0 };
  await store.reserve({ id: 'spent', requestId: 'spent', atWallMs: 1, periods: [monthly(10)], amounts });
  await store.settle('spent', amounts);
  await store.close();
  const aside = file.replace(/db$/, 'corrupt-1.db');
  renameSync(file, aside);
  const damage = createClient({ url: pathToFileURL(aside).href });
  await damage.executeMultiple(`
    DROP TABLE budget_hours;
    INSERT INTO budget_spending VALUES ('day/usd', 0, -5), ('hour/usd', 0, 9e999), ('week', 0, 3);
    DROP TABLE budget_reservations;
    CREATE TABLE budget_reservations (id, budget_id, from_wall_ms, unit, amount, at_wall_ms);
    INSERT INTO budget_reservations VALUES
      ('x', 'month/usd', 'never', 'usd', 1, 1), (NULL, 'month/usd', 0, 'usd', 1, 1), ('y', 'month/usd', 0, 'usd', 3.0, 1)`);
  damage.close();
  writeFileSync(file, '');
  const again = open();
  const others = ['day/usd', 'hour/usd'].map((budgetId) => ({ ...monthly(10), budgetId }));
  expect(await again.spending([monthly(10), ...others])).toMatchObject([{ spent: 4, reserved: 3 }, NONE, NONE]);
  await again.close();
});

it('says that nobody knows what is left while damaged books cannot be looked into, and tries again', async () => {
  const aside = file.replace(/db$/, 'corrupt-1.db');
  mkdirSync(aside);
  writeFileSync(file, '');
  const store = openSqliteBudgetStore({ file, clock: systemClock });
  await expect(store.spending([monthly(10)])).rejects.toThrow(StorageError);
  rmSync(aside, { recursive: true });
  expect(await store.spending([monthly(10)])).toMatchObject([NONE]);
  await store.close();
  expect(readdirSync(join(file, '..')).filter((name) => name.includes('salvage'))).toEqual([]);
});

it('begins with nothing where the books of a damaged ledger cannot be read', async () => {
  writeFileSync(file.replace(/db$/, 'corrupt-1.db'), 'a shopping list\n'.repeat(500));
  writeFileSync(file, '');
  const store = openSqliteBudgetStore({ file, clock: systemClock });
  expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 0, reserved: 0 }]);
  await store.close();
});

/** The built module: a process of its own cannot import TypeScript. */
const module = new URL('../../dist/budget/sqlite-budget-store.js', import.meta.url).href;

/** Reserves one dollar at a time, ten at once, and settles every other one; prints how many it got. */
const script = `
import { openSqliteBudgetStore } from ${JSON.stringify(module)};
const [file, name] = process.argv.slice(2);
const store = openSqliteBudgetStore({ file, clock: { wallMs: Date.now } });
const period = { budgetId: 'month/usd', fromWallMs: 0, unit: 'usd', limit: 50 };
let got = 0;
const worker = async (_, lane) => {
  for (let i = 0; i < 12; i++) {
    const id = [name, lane, i].join(':');
    const amounts = { usd: 1, bytes: 0, joules: 0 };
    if (await store.reserve({ id, requestId: id, atWallMs: 1, amounts, periods: [period] })) return;
    got++;
    if (i % 2) await store.settle(id, amounts);
  }
};
await Promise.all(Array.from({ length: 10 }, worker));
await store.close();
process.stdout.write(String(got));
`;

it('shares one limit between processes', async () => {
  const path = join(file, '..', 'spend.mjs');
  writeFileSync(path, script);
  const run = async (name: string): Promise<number> => {
    const child = spawn(process.execPath, [path, file, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    await once(child, 'close');
    return Number(printed);
  };
  const got = await Promise.all(['x', 'y', 'z'].map(run));
  expect(got.reduce((sum, each) => sum + each, 0)).toBe(50);
  const store = openSqliteBudgetStore({ file, clock: systemClock });
  const [spending] = await store.spending([monthly(50)]);
  expect(spending!.spent + spending!.reserved).toBe(50);
  await store.close();
}, 30_000);
