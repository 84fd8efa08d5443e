import {
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import { StorageError, type Ledger } from '@terrace/core';
import { describeLedgerContract, feedbackEntry, outcomeEntry, runEntry } from '@terrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createConnection } from '../sqlite/connection.js';
import { migrate } from '../sqlite/migrate.js';
import { migrations } from './migrations.js';
import { quarantined } from '../sqlite/quarantine.js';
import { openRecoveringLedger } from './recovering-ledger.js';
import { salvage } from './salvage.js';
import { openSqliteLedger } from './sqlite-ledger.js';

let folder: string;
let file: string;
let warnings: StorageError[];
const opened: Ledger[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-ledger-'));
  file = join(folder, 'ledger.db');
  warnings = [];
});
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  rmSync(folder, { recursive: true });
});

async function open(at = file): Promise<Ledger> {
  const ledger = await openRecoveringLedger({
    file: at,
    clock: systemClock,
    onWarning: (warning) => warnings.push(warning),
  });
  opened.push(ledger);
  return ledger;
}
const named = (requestId: string, count = 1) => Array.from({ length: count }, () => outcomeEntry({ requestId }));
const ids = async (ledger: Ledger) => (await ledger.outcomes({ limit: 10_000 })).map(({ requestId }) => requestId);

/** Overwrites whole pages, from this one to the last. */
function damage(path: string, fromPage: number, everyPages = 1): void {
  const handle = openSync(path, 'r+');
  const { size } = statSync(path);
  for (let at = 4096 * fromPage; at < size; at += 4096 * everyPages)
    writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, at);
  closeSync(handle);
}

async function filled(rows: number): Promise<void> {
  const ledger = await openSqliteLedger({ file });
  await ledger.append(Array.from({ length: rows }, (_, index) => outcomeEntry({ requestId: `r${index}` })));
  await ledger.append([runEntry({ latencyMs: 7 }), feedbackEntry({ requestId: 'r0' })]);
  await ledger.close();
}

describeLedgerContract('RecoveringLedger', async () => ({ ledger: await open(), reopen: () => open() }));

it('opens a ledger at the first append after its folder can be used', async () => {
  writeFileSync(join(folder, 'state'), 'in the way');
  const ledger = await open(join(folder, 'state', 'ledger.db'));
  for (const refused of [() => ledger.append(named('a')), () => ledger.outcomes()]) {
    await expect(refused()).rejects.toMatchObject({ code: StorageError.code, facts: { sqliteCode: 'EEXIST' } });
  }
  expect(await ledger.statistics()).toEqual([]);
  rmSync(join(folder, 'state'));
  await ledger.append(named('b'));
  expect(await ids(ledger)).toEqual(['b']);
  expect(warnings).toEqual([]);
});

it('sets a file aside that is no database, keeps it as it is, and starts a new ledger', async () => {
  writeFileSync(file, 'a shopping list\n'.repeat(500));
  const ledger = await open();
  await ledger.append(named('a'));
  expect(await ids(ledger)).toEqual(['a']);
  const [aside, ...more] = quarantined(file);
  expect(more).toEqual([]);
  expect(statSync(aside!).size).toBe(8000);
  expect(warnings).toMatchObject([{ code: 'STORAGE_FAILED', facts: { file, aside } }]);
});

it('sets a ledger aside whose damage shows only while it is used, and keeps what comes after', async () => {
  await filled(300);
  damage(file, 20);
  const ledger = await open();
  expect(warnings).toEqual([]);
  expect(await ledger.outcomes({ limit: 1000 })).toEqual([]);
  expect(warnings).toHaveLength(1);
  await ledger.append(named('after'));
  expect(await ids(ledger)).toEqual(['after']);
});

it('sets a ledger aside whose damage shows in a review, which rejects: half a report is none', async () => {
  await filled(300);
  damage(file, 20);
  const ledger = await open();
  const read = async () => {
    let count = 0;
    for await (const page of ledger.review()) count += page.length;
    return count;
  };
  await expect(read()).rejects.toMatchObject({ code: StorageError.code, facts: { sqliteCode: 'SQLITE_CORRUPT' } });
  expect(quarantined(file)).toHaveLength(1);
  await ledger.append(named('after'));
  expect(await read()).toBe(1);
});

it.each([1, 2])('salvages a ledger of version %i, whose rows have fewer columns', async (version) => {
  const damaged = join(folder, 'ledger.corrupt-1.db');
  const client = createClient({ url: pathToFileURL(damaged).href, concurrency: 1 });
  await migrate({ connection: createConnection(client), steps: migrations.slice(0, version) });
  await client.execute(`INSERT INTO outcomes (request_id, at_wall_ms, task, catalog_revision, tier, placement, path,
      verdict, degraded, text_bytes, tokens, total_ms, cost_usd, decisions, audit, audit_probability)
    VALUES ('old', 1, 'text-classification', 'c', 'nano', 'device', 'nano', 'accept', 0, 1, 1, 1, 0, '[]', 0, 0)`);
  client.close();
  const salvaged = await salvage({ damaged, into: file, clock: systemClock, wallMs: 5 });
  expect(salvaged).toEqual({ rows: 1, lost: 0, budgets: [] });
  expect(await (await open()).outcomes()).toMatchObject([{ requestId: 'old', sentBytes: 0, energyJoules: 0 }]);
});

it('leaves alone what another process has put in the place of a damaged ledger', async () => {
  await filled(300);
  damage(file, 20);
  const [one, two] = [await open(), await open()];
  await Promise.all([one.outcomes({ limit: 1000 }), two.outcomes({ limit: 1000 })]);
  await one.append(named('one'));
  await two.append(named('two'));
  expect(await ids(one)).toEqual(['two', 'one']);
  expect(quarantined(file)).toHaveLength(1);
});

it('never writes to a ledger that was moved away or removed under it', async () => {
  const ledger = await open();
  await ledger.append(named('before'));
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, `old-${name}`));
  await ledger.append(named('after'));
  expect(await ids(ledger)).toEqual(['after']);
  const again = await open();
  expect(await ids(again)).toEqual(['after']);
});

it('salvages every row that can be read, below the rows of the new ledger, in their order and once', async () => {
  await filled(300);
  damage(file, 20, 9);
  const ledger = await open();
  await ledger.outcomes({ limit: 1000 });
  await ledger.append([...named('new-1'), ...named('new-2'), runEntry({ latencyMs: 3 })]);
  const [damaged] = quarantined(file);
  const { size } = statSync(damaged!);
  const task = { damaged: damaged!, into: file, clock: systemClock, wallMs: 5 };
  const salvaged = await salvage(task);
  expect(salvaged!.rows).toBeGreaterThan(150);
  expect(salvaged!.rows + salvaged!.lost).toBe(302);
  expect(salvaged!.lost).toBeGreaterThan(0);
  const [second, first, ...old] = await ids(ledger);
  expect([second, first]).toEqual(['new-2', 'new-1']);
  const numbers = old.map((id) => Number(id.slice(1)));
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(old.length).toBeGreaterThan(150);
  expect(await salvage(task)).toBeUndefined();
  expect(await ids(ledger)).toHaveLength(old.length + 2);
  expect(statSync(damaged!).size).toBe(size);
  expect(readdirSync(folder).filter((name) => name.includes('salvage'))).toEqual([]);
});

it('salvages nothing of what never was a database, without a failure', async () => {
  writeFileSync(file, 'a shopping list\n'.repeat(500));
  await (await open()).append(named('a'));
  const [damaged] = quarantined(file);
  const salvaged = await salvage({ damaged: damaged!, into: file, clock: systemClock, wallMs: 5 });
  expect(salvaged).toEqual({ rows: 0, lost: 0, budgets: [] });
});

it('keeps the numbers of salvaged rows where none was given out anew', async () => {
  await filled(20);
  renameSync(file, join(folder, 'ledger.corrupt-1.db'));
  await salvage({ damaged: join(folder, 'ledger.corrupt-1.db'), into: file, clock: systemClock, wallMs: 5 });
  const ledger = await open();
  await ledger.append(named('next'));
  expect(await ledger.feedback()).toStrictEqual([feedbackEntry({ requestId: 'r0' }).record]);
  expect(await ids(ledger)).toEqual(['next', ...Array.from({ length: 20 }, (_, index) => `r${19 - index}`)]);
});
