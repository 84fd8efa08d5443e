import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createConnection, type Connection } from './connection.js';

let folder: string;
let file: string;
let connection: Connection;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-connection-'));
  file = join(folder, 'some.db');
  const client = createClient({ url: pathToFileURL(file).href, concurrency: 1 });
  await client.executeMultiple('PRAGMA journal_mode = WAL; CREATE TABLE rows (n INTEGER)');
  connection = createConnection(client);
});
afterEach(async () => {
  await connection.close();
  rmSync(folder, { recursive: true });
});

const insert = (n: number) =>
  connection.write((transaction) => transaction.execute({ sql: 'INSERT INTO rows VALUES (?)', args: [n] }));
const count = () =>
  connection.read(async (transaction) => (await transaction.execute('SELECT n FROM rows')).rows.length);

it('lets the event loop have a turn between two transactions, however many are asked for', async () => {
  let turns = 0;
  let timer = setImmediate(function next() {
    turns++;
    timer = setImmediate(next);
  });
  for (let n = 0; n < 20; n++) await insert(n);
  clearImmediate(timer);
  expect(turns).toBeGreaterThanOrEqual(19);
});

it('runs transactions one after the other, and goes on behind one that fails', async () => {
  const all = await Promise.allSettled([
    insert(1),
    connection.write(async (transaction) => {
      await transaction.execute('INSERT INTO rows VALUES (2)');
      throw new Error('changed my mind');
    }),
    insert(3),
    count(),
  ]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(all[3]).toMatchObject({ value: 2 });
});

it('empties its log when told to', async () => {
  await insert(1);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  await connection.emptyLog();
  expect(statSync(`${file}-wal`).size).toBe(0);
  expect(await count()).toBe(1);
});
