import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient, type Client, type InStatement } from '@libsql/client/sqlite3';
import { describeLedgerContract, feedbackEntry, loadEntry, outcomeEntry, runEntry } from '@terrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLedger } from './sqlite-ledger.js';
import {
  selectFeedback,
  selectFirstSince,
  selectOutcome,
  selectOutcomes,
  selectReviewed,
  selectStatistics,
} from './statements.js';

let folder: string;
let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.db`);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-ledger-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describeLedgerContract('the SQLite ledger', async () => {
  const file = newFile();
  return { ledger: await openSqliteLedger({ file }), reopen: () => openSqliteLedger({ file }) };
});

it('creates missing folders for this user only, under names that mean something in a URL', async () => {
  const missing = join(folder, 'a b', 'c#d?e%20');
  const ledger = await openSqliteLedger({ file: join(missing, 'ledger.db') });
  await ledger.append([outcomeEntry()]);
  await ledger.close();
  expect(statSync(missing).mode & 0o777).toBe(0o700);
  expect(statSync(join(missing, 'ledger.db')).size).toBeGreaterThan(0);
});

it('takes appends from two open ledgers on one file', async () => {
  const file = newFile();
  const ledgers = [await openSqliteLedger({ file }), await openSqliteLedger({ file })];
  const appends = Array.from({ length: 60 }, (_, index) => ledgers[index % 2]?.append([outcomeEntry()]));
  await Promise.all(appends);
  for (const ledger of ledgers) expect(await ledger.outcomes({ limit: 1000 })).toHaveLength(60);
  await Promise.all(ledgers.map((ledger) => ledger.close()));
});

it('empties the write-ahead log when it is closed', async () => {
  const file = newFile();
  const ledger = await openSqliteLedger({ file });
  await ledger.append([outcomeEntry()]);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  await ledger.close();
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
});

describe('the database itself', () => {
  let client: Client;
  beforeAll(async () => {
    const file = newFile();
    const ledger = await openSqliteLedger({ file });
    await ledger.append([outcomeEntry(), runEntry(), loadEntry(), feedbackEntry()]);
    await ledger.close();
    client = createClient({ url: pathToFileURL(file).href });
  });
  afterAll(() => client.close());

  it.each(['outcomes', 'runs', 'loads', 'feedback'])(
    'refuses to change, remove or replace a row of %s',
    async (table) => {
      const before = (await client.execute(`SELECT * FROM ${table}`)).rows;
      const attempts = [
        `UPDATE ${table} SET at_wall_ms = 0`,
        `DELETE FROM ${table}`,
        `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`,
      ];
      for (const sql of attempts) await expect(client.execute(sql)).rejects.toThrow('append-only');
      expect((await client.execute(`SELECT * FROM ${table}`)).rows).toEqual(before);
      expect(before).toHaveLength(1);
    },
  );

  const plan = async (sql: string, args: (string | number)[] = []): Promise<string[]> =>
    (await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args })).rows.map((row) => String(row['detail']));

  it('computes statistics from covering indexes, without reading a whole table', async () => {
    const steps = (await plan(selectStatistics)).filter((step) => /\b(runs|loads)\b/.test(step));
    expect(steps.length).toBeGreaterThan(5);
    for (const step of steps) expect(step).toMatch(/^SEARCH (runs|loads) USING COVERING INDEX/);
  });

  const planOf = async (statement: InStatement): Promise<string[]> => {
    if (typeof statement === 'string') throw new TypeError('expected arguments');
    return plan(statement.sql, statement.args as (string | number)[]);
  };
  const page = { beforeSeq: 9, limit: 9 };

  it.each([{}, { domain: 'bank' }, { sinceWallMs: 5, fromSeq: 3 }, { domain: 'bank', sinceWallMs: 5, fromSeq: 3 }])(
    'pages through outcomes of %o in the order of an index, and finds the last word on each in another',
    async (filter) => {
      const search = expect.stringMatching(/^SEARCH o USING (INTEGER PRIMARY KEY|INDEX outcomes_by_domain)/);
      expect(await planOf(selectOutcomes({ ...filter, ...page }))).toEqual([search]);
      expect(await planOf(selectReviewed({ ...filter, ...page }))).toEqual([
        search,
        expect.stringMatching(/^SEARCH f USING INTEGER PRIMARY KEY/),
        expect.stringMatching(/SUBQUERY/),
        expect.stringMatching(/^SEARCH feedback USING COVERING INDEX feedback_by_request/),
      ]);
    },
  );

  it('finds an outcome, the beginning of a time and a page of feedback without reading a whole table', async () => {
    const steps = [selectOutcome('r1'), selectFirstSince(5), selectFeedback({ sinceWallMs: 5, ...page })].map(planOf);
    expect(await Promise.all(steps)).toEqual([
      [expect.stringMatching(/^SEARCH o USING INDEX outcomes_by_request/)],
      [expect.stringMatching(/^SEARCH outcomes USING COVERING INDEX outcomes_by_time/)],
      [expect.stringMatching(/^SEARCH f USING INTEGER PRIMARY KEY/)],
    ]);
  });
});
