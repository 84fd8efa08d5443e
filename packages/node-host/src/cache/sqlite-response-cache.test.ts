import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client/sqlite3';
import type { StorageError } from '@terrace/core';
import type { CacheChange, ResponseCacheStore } from '@terrace/core/cache';
import { describeResponseCacheContract, exampleAnswer, exampleQuestion } from '@terrace/core/testing';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteQueue } from '../queue/sqlite-queue.js';
import { systemClock } from '../system-clock.js';
import { lazyResponseCache } from './lazy-response-cache.js';
import { openSqliteResponseCache } from './sqlite-response-cache.js';

const folders: string[] = [];
const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-cache-'));
  folders.push(folder);
  return join(folder, 'state', 'cache.db');
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

describeResponseCacheContract('SQLite', async (bounds) => {
  const file = newFile();
  const again = () => openSqliteResponseCache({ file, clock: systemClock, ...bounds });
  return { store: await again(), again };
});

describeResponseCacheContract('SQLite with a front in memory', async (bounds) => {
  const file = newFile();
  // A clock on which the front always looks: what others did is seen at once.
  let nowMs = 0;
  const clock = { ...systemClock, nowMs: () => (nowMs += 1000) };
  const again = async () => lazyResponseCache({ file, clock, onWarning: () => undefined, ...bounds });
  return { store: await again(), again };
});

const open = async (file = newFile()) => {
  const store = await openSqliteResponseCache({ file, clock: systemClock });
  onTestFinished(() => store.close());
  return { file, store };
};

function lazy(file = newFile()) {
  const warnings: StorageError[] = [];
  let nowMs = 0;
  const clock = { wallMs: () => 10_000, nowMs: () => nowMs };
  const store = lazyResponseCache({ file, clock, onWarning: (warning) => warnings.push(warning) });
  onTestFinished(() => store.close());
  return { file, store, warnings, advance: (byMs: number) => void (nowMs += byMs) };
}

async function changesOf(store: ResponseCacheStore, sinceSeq = 0): Promise<CacheChange[]> {
  const all: CacheChange[] = [];
  for await (const page of store.changes(sinceSeq)) all.push(...page);
  return all;
}

/** What another program does to the file. */
async function meddle(file: string, ...statements: readonly string[]): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  for (const sql of statements) await client.execute(sql);
  client.close();
}

describe('answers in SQLite', () => {
  it('can be read by their owner alone, and are nowhere any more once they are forgotten', async () => {
    const { file, store } = await open();
    await store.put([exampleAnswer('a', { body: '"zanzibar marmalade"', tags: ['x'] })]);
    for (const each of [file, `${file}-wal`]) expect(statSync(each).mode & 0o077).toBe(0);
    expect(await store.forget({ tag: 'x' })).toBe(1);
    for (const each of [file, `${file}-wal`]) expect(readFileSync(each, 'latin1')).not.toContain('zanzibar');
  });

  it('leave a small file when all are forgotten, which goes on in every process that has it open', async () => {
    const { file, store } = await open();
    const other = (await open(file)).store;
    const kept = Array.from({ length: 2_100 }, (_, i) =>
      exampleAnswer(`k${i}`, { body: '"zanzibar marmalade"'.repeat(50), tags: ['x'], question: exampleQuestion }),
    );
    await store.put(kept);
    const before = statSync(file).size + statSync(`${file}-wal`).size;
    const seq = (await changesOf(other)).at(-1)!.seq;
    expect(await store.forget({})).toBe(2_100);
    for (const each of [file, `${file}-wal`]) expect(readFileSync(each, 'latin1')).not.toContain('zanzibar');
    expect(statSync(file).size).toBeLessThan(before / 3);
    expect(await other.get('k7')).toBeUndefined();
    const gone = await changesOf(other, seq);
    expect(gone).toHaveLength(2_100);
    expect(gone.every(({ kind }) => kind === 'gone')).toBe(true);
    await other.put(kept.slice(0, 3));
    await store.forget({ keys: ['k1'] });
    expect(await other.stats()).toMatchObject({ entries: 2 });
    expect(await store.forget({ tag: 'x' })).toBe(2);
    expect(await store.stats()).toEqual({ entries: 0, bytes: 0, oldestWallMs: undefined });
  });

  it('are gone where their file cannot be written anew, which says that they are not overwritten yet', async () => {
    const { file, store } = await open();
    await store.put([exampleAnswer('a')]);
    const row = { group: 'marmalade', score: 1, right: true, probability: 1, kind: 'shadow', atWallMs: 1 } as const;
    await store.compare(Array.from({ length: 500 }, () => row));
    await store.close();
    const bytes = readFileSync(file);
    const page = bytes.lastIndexOf('marmalade') & ~4095;
    bytes.fill(255, page, page + 8);
    writeFileSync(file, bytes);
    const again = (await open(file)).store;
    await expect(again.forget({})).rejects.toThrow('Cannot overwrite what was removed from the cache');
    expect(await again.stats()).toMatchObject({ entries: 0 });
  });

  it('are remembered to be gone no longer than others when all are forgotten again and again', async () => {
    const { file, store } = await open();
    await store.put([exampleAnswer('a')]);
    await meddle(
      file,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 102000)
       INSERT INTO changes (key, asked, gone) SELECT 'k' || i, 0, 1 FROM n`,
    );
    expect(await store.forget({})).toBe(1);
    const client = createClient({ url: pathToFileURL(file).href });
    const { rows } = await client.execute('SELECT count(*) AS n FROM changes');
    client.close();
    expect(Number(rows[0]!['n'])).toBe(100_000);
  });

  it('are not given out when their row is damaged: it is removed, and told of as gone', async () => {
    const { file, store } = await open();
    const damages: Readonly<Record<string, string>> = {
      huge: 'body = CAST(zeroblob(50000000) AS TEXT)',
      short: 'vector = substr(vector, 1, 12)',
      long: 'vector = zeroblob(1000000)',
      holed: `vector = x'${Buffer.from(new Float32Array(8).fill(NaN).buffer).toString('hex')}'`,
      words: `question = '{"task":7}'`,
      broken: `question = '{'`,
      tags: `tags = '{}'`,
    };
    const keys = Object.keys(damages);
    await store.put([...keys, 'whole'].map((key) => exampleAnswer(key, { question: exampleQuestion })));
    await meddle(file, ...keys.map((key) => `UPDATE answers SET ${damages[key]} WHERE key = '${key}'`));
    const kept = (await changesOf(store)).filter(({ kind }) => kind === 'kept').map(({ key }) => key);
    expect(kept.filter((key) => !['huge', 'tags'].includes(key))).toEqual(['whole']);
    for (const key of keys) expect(await store.get(key)).toBeUndefined();
    expect(await store.get('whole')).toBeDefined();
    expect((await store.stats()).entries).toBe(1);
  });

  it('are kept no larger than an answer may be', async () => {
    const { store } = await open();
    await store.put([exampleAnswer('a')]);
    await store.put([exampleAnswer('a', { body: JSON.stringify('x'.repeat(300_000)) }), exampleAnswer('b')]);
    expect([await store.get('a'), await store.get('b')]).toEqual([undefined, exampleAnswer('b')]);
  });

  it('are not looked for in a file of something else', async () => {
    const file = newFile();
    await (await openSqliteQueue({ file, clock: systemClock })).close();
    const { store, warnings } = lazy(file);
    await expect(store.put([exampleAnswer('a')])).rejects.toMatchObject({ facts: { sqliteCode: 'NOT_A_CACHE' } });
    expect(warnings).toEqual([]);
  });

  it('begin anew where their file is no database, which is set aside', async () => {
    const { file, store, warnings } = lazy();
    await store.put([exampleAnswer('a')]);
    await store.close();
    writeFileSync(file, 'a shopping list\n'.repeat(500));
    const later = lazy(file);
    expect(await later.store.get('a')).toBeUndefined();
    await later.store.put([exampleAnswer('b')]);
    expect(await later.store.get('b')).toBeDefined();
    expect([warnings.length, later.warnings.length]).toEqual([0, 1]);
    expect(readFileSync(String(later.warnings[0]!.facts['aside']), 'latin1')).toContain('a shopping list');
  });

  it('begin anew where damage shows only while they are used, with changes that nobody takes for old ones', async () => {
    const file = newFile();
    const before = await openSqliteResponseCache({ file, clock: systemClock });
    const many = Array.from({ length: 300 }, (_, i) => exampleAnswer(`k${i}`, { question: exampleQuestion }));
    await before.put(many);
    const last = (await changesOf(before)).at(-1)!.seq;
    await before.close();
    const handle = openSync(file, 'r+');
    for (let at = 4096 * 20; at < statSync(file).size; at += 4096)
      writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, at);
    closeSync(handle);
    const { store, warnings } = lazy(file);
    await Promise.all(many.map(({ key }) => store.get(key).catch(() => undefined)));
    await store.put([exampleAnswer('after', { question: exampleQuestion })]);
    expect(await store.get('after')).toBeDefined();
    expect(warnings).toHaveLength(1);
    expect((await changesOf(store))[0]!.seq).toBeGreaterThan(last);
  });

  it('are sealed with the same secret where their file is made anew', async () => {
    const { file, store } = lazy();
    const secret = await store.secret();
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    await store.put([exampleAnswer('a')]);
    expect(await lazy(file).store.secret()).toEqual(secret);
    expect(await store.secret()).toEqual(secret);
  });

  it('are made in no file by whoever only asks', async () => {
    const { file, store } = lazy();
    expect([await store.get('a'), await store.forget({}), await store.note('n')]).toEqual([undefined, 0, undefined]);
    await store.touch(['a']);
    expect(await changesOf(store)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  it('say nothing of what they are in an error', async () => {
    const { file, store } = await open();
    await meddle(file, 'DROP TABLE totals');
    const failure = await store.put([exampleAnswer('a', { body: '"zanzibar"' })]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(String((failure as Error).message)).not.toContain('zanzibar');
  });
});

describe('the front in memory', () => {
  it('sees within 100 ms what another process removed or replaced', async () => {
    const { file, store, advance } = lazy();
    const { store: other } = await open(file);
    await store.put([exampleAnswer('a', { body: '1' }), exampleAnswer('b')]);
    expect([await store.get('a'), await store.get('b')]).toMatchObject([{ body: '1' }, { key: 'b' }]);
    await other.put([exampleAnswer('a', { body: '2' })]);
    await other.forget({ keys: ['b'] });
    advance(99);
    expect(await store.get('b')).toBeDefined();
    advance(1);
    expect([await store.get('a'), await store.get('b')]).toMatchObject([{ body: '2' }, undefined]);
  });

  it('gives out at once nothing that it removed or replaced itself', async () => {
    const { store } = lazy();
    await store.put([exampleAnswer('a', { body: '1', tags: ['x'] })]);
    await store.get('a');
    await store.put([exampleAnswer('a', { body: '2', tags: ['x'] })]);
    expect(await store.get('a')).toMatchObject({ body: '2' });
    const [, late] = await Promise.all([store.forget({ tag: 'x' }), store.get('a')]);
    expect([undefined, '2']).toContain(late?.body);
    expect(await store.get('a')).toBeUndefined();
  });
});
