import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient, type Client } from '@libsql/client/sqlite3';
import { StorageError } from '@terrace/core';
import { feedbackEntry } from '@terrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createConnection } from '../sqlite/connection.js';
import { migrate } from '../sqlite/migrate.js';
import { APPLICATION_ID, migrations } from './migrations.js';
import { openSqliteLedger } from './sqlite-ledger.js';

let folder: string;
let file: string;
const clients: Client[] = [];
const connect = (): Client => {
  const client = createClient({ url: pathToFileURL(file).href, concurrency: 1, timeout: 1000 });
  clients.push(client);
  return client;
};
const scalar = async (client: Client, sql: string): Promise<unknown> => (await client.execute(sql)).rows[0]?.[0];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-ledger-'));
  file = join(folder, 'ledger.db');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  rmSync(folder, { recursive: true });
});

it('gives a new file the version and the mark of this program', async () => {
  await (await openSqliteLedger({ file })).close();
  const client = connect();
  expect(await scalar(client, 'PRAGMA user_version')).toBe(migrations.length);
  expect(await scalar(client, 'PRAGMA application_id')).toBe(APPLICATION_ID);
  expect(await scalar(client, 'PRAGMA journal_mode')).toBe('wal');
});

it('brings an older file to the newest version and keeps its rows', async () => {
  const client = connect();
  const connection = createConnection(client);
  await migrate({ connection, steps: [['CREATE TABLE notes (text)', "INSERT INTO notes VALUES ('old')"]] });
  await migrate({ connection, steps: [['not run again'], ['ALTER TABLE notes ADD COLUMN size DEFAULT 7']] });
  expect((await client.execute('SELECT text, size FROM notes')).rows).toMatchObject([{ text: 'old', size: 7 }]);
  expect(await scalar(client, 'PRAGMA user_version')).toBe(2);
});

it('leaves nothing of a migration that fails half way, and keeps the ones before it', async () => {
  const client = connect();
  const steps = [['CREATE TABLE first (a)'], ['CREATE TABLE second (a)', 'CREATE TABLE first (a)']];
  await expect(migrate({ connection: createConnection(client), steps })).rejects.toThrow('already exists');
  expect(await scalar(client, 'PRAGMA user_version')).toBe(1);
  expect(await scalar(client, 'SELECT group_concat(name) FROM sqlite_schema')).toBe('first');
});

it('runs each migration once when several open a new ledger at the same time', async () => {
  const ledgers = await Promise.all(Array.from({ length: 5 }, () => openSqliteLedger({ file })));
  await Promise.all(ledgers.map((ledger) => ledger.close()));
  expect(await scalar(connect(), 'PRAGMA user_version')).toBe(migrations.length);
});

it('refuses a ledger of a newer program and leaves it as it is', async () => {
  await (await openSqliteLedger({ file })).close();
  await connect().execute(`PRAGMA user_version = ${migrations.length + 1}`);
  const error = await openSqliteLedger({ file }).catch((thrown: unknown) => thrown);
  expect(StorageError.isInstance(error) && error.facts).toMatchObject({ file, sqliteCode: 'VERSION_TOO_NEW' });
  expect(StorageError.isInstance(error) && error.hint).toContain('Update Terrace');
  expect(await scalar(connect(), 'PRAGMA user_version')).toBe(migrations.length + 1);
});

it("refuses another program's database and does not write to it", async () => {
  const client = connect();
  await client.execute('CREATE TABLE recipes (name)');
  const error = await openSqliteLedger({ file }).catch((thrown: unknown) => thrown);
  expect(StorageError.isInstance(error) && error.facts).toMatchObject({ file, sqliteCode: 'NOT_A_LEDGER' });
  expect(await scalar(client, 'SELECT group_concat(name) FROM sqlite_schema')).toBe('recipes');
  expect(await scalar(client, 'PRAGMA journal_mode')).toBe('delete');
});

it.each([1, 2, 3, 4, 5])(
  'brings a ledger of version %i to the newest by itself and keeps its outcomes',
  async (version) => {
    const connection = createConnection(connect());
    await migrate({ connection, steps: migrations.slice(0, version) });
    const columns = 'request_id, at_wall_ms, task, catalog_revision, tier, placement, path, verdict, degraded';
    await connection.write((transaction) =>
      transaction.execute(`INSERT INTO outcomes (${columns}, text_bytes, tokens, total_ms, cost_usd, decisions, audit, audit_probability)
      VALUES ('old', 1, 'text-classification', 'c', 'nano', 'device', 'nano', 'accept', 0, 1, 1, 1, 0, '[]', 0, 0)`),
    );
    await connection.close();
    const ledger = await openSqliteLedger({ file });
    const sinceThen = { error: undefined, sentBytes: 0, energyJoules: 0, key: undefined };
    expect(await ledger.outcomes()).toMatchObject([{ requestId: 'old', verdict: 'accept', ...sinceThen }]);
    expect((await ledger.outcomes())[0]).not.toHaveProperty('text');
    expect((await ledger.outcomes())[0]).not.toHaveProperty('cache');
    expect(await ledger.feedback()).toEqual([]);
    await ledger.append([feedbackEntry({ requestId: 'old', right: true })]);
    for await (const page of ledger.review()) expect(page).toMatchObject([{ feedback: { right: true } }]);
    await ledger.close();
  },
);
