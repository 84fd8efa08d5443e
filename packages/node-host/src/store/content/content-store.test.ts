import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StorageError } from '@terrace/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { collectGarbage } from './collect-garbage.js';
import { openContentStore, type Content, type ContentStore } from './content-store.js';
import { takeLock } from './lock-file.js';
import { isAlive, thisProcess } from './process-owner.js';

const TEXT = Buffer.from('the bytes of a model');
const CONTENT: Content = { bytes: TEXT.length, sha256: createHash('sha256').update(TEXT).digest('hex') };
/** No system gives a process this number. */
const NOBODY = 2 ** 22 + 1;

async function open(storage = { freeBytes: 2 ** 40, reserveBytes: 0 }): Promise<ContentStore> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-store-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return openContentStore(root, { storage: async () => storage });
}

const fill = async (part: string): Promise<string> => {
  writeFileSync(part, TEXT);
  return CONTENT.sha256;
};
const incoming = ({ root }: ContentStore): string[] => {
  const folder = path.join(root, 'incoming');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const none = async (): Promise<Set<string>> => new Set();

describe('a content', () => {
  it('is read-only under its hash, and nothing else is left', async () => {
    const store = await open();
    const location = await store.obtain(CONTENT, fill, { name: 'a model' });
    expect(readFileSync(location)).toEqual(TEXT);
    expect(statSync(location).mode & 0o777).toBe(0o444);
    expect([store.has(CONTENT), store.has({ ...CONTENT, bytes: 7 }), incoming(store)]).toEqual([true, false, []]);
  });

  it('that is here is not asked for again', async () => {
    const store = await open();
    expect(await store.put(TEXT)).toEqual(CONTENT);
    await store.obtain(CONTENT, () => Promise.reject(new Error('asked for')), { name: 'a model' });
    expect(await store.put(TEXT)).toEqual(CONTENT);
  });

  it('is refused where it would take the reserve of the disk, with the numbers', async () => {
    const store = await open({ freeBytes: 1019, reserveBytes: 1000 });
    const error: unknown = await store.obtain(CONTENT, fill, { name: 'a model' }).catch((caught: unknown) => caught);
    expect(StorageError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ facts: { bytes: 20, freeBytes: 1019, reserveBytes: 1000 } });
    expect([store.has(CONTENT), incoming(store)]).toEqual([false, []]);
  });

  it('may take what is left above the reserve to the last byte', async () => {
    const store = await open({ freeBytes: 1020, reserveBytes: 1000 });
    await store.obtain(CONTENT, fill, { name: 'a model' });
    expect(store.has(CONTENT)).toBe(true);
  });

  it('keeps its part when bringing it fails', async () => {
    const store = await open();
    const broken = async (part: string): Promise<string> => {
      writeFileSync(part, 'half');
      throw new Error('the line broke');
    };
    await expect(store.obtain(CONTENT, broken, { name: 'a model' })).rejects.toThrow('the line broke');
    expect(incoming(store)).toEqual([`${CONTENT.sha256}.part`]);
  });
});

describe('a lock', () => {
  const lockOf = async (owner: object): Promise<{ store: ContentStore; file: string }> => {
    const store = await open();
    const file = path.join(store.root, 'incoming', `${CONTENT.sha256}.lock`);
    mkdirSync(path.dirname(file));
    writeFileSync(file, JSON.stringify({ owner: { ...store.host.owner, ...owner }, nonce: 'x' }));
    return { store, file };
  };

  it.each([
    ['a process that is gone', { pid: NOBODY }],
    ['another process with the number of this one', { started: '1' }],
    ['a process from before the machine was started', { boot: 'an earlier one' }],
  ])('of %s is taken over', async (_, owner) => {
    const { store } = await lockOf(owner);
    await store.obtain(CONTENT, fill, { name: 'a model' });
    expect(incoming(store)).toEqual([]);
  });

  it('of a living process is waited for, until the caller leaves', async () => {
    const { store, file } = await lockOf({});
    const signal = AbortSignal.timeout(250);
    const reason: unknown = await store
      .obtain(CONTENT, fill, { name: 'a model', signal })
      .catch((caught: unknown) => caught);
    expect(reason).toBe(signal.reason);
    expect(existsSync(file)).toBe(true);
  });

  it('of another host is believed while its heart beats', async () => {
    const { store, file } = await lockOf({ host: 'elsewhere' });
    await expect(store.obtain(CONTENT, fill, { name: 'x', signal: AbortSignal.timeout(250) })).rejects.toBeDefined();
    utimesSync(file, 1, 1);
    await store.obtain(CONTENT, fill, { name: 'a model' });
    expect(store.has(CONTENT)).toBe(true);
  });

  it('that nobody can move away ends the wait with an error, instead of a loop without an end', async () => {
    const { store } = await lockOf({ pid: NOBODY });
    const rename = () => Promise.reject(Object.assign(new Error('read-only'), { code: 'EROFS' }));
    const host = { ...store.host, files: { ...store.host.files, rename } };
    const readOnly = await openContentStore(store.root, { host });
    writeFileSync(
      path.join(store.root, 'books.lock'),
      JSON.stringify({ owner: { ...host.owner, pid: NOBODY }, nonce: 'x' }),
    );
    await expect(readOnly.hold([CONTENT.sha256])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(collectGarbage(readOnly, { named: none })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(takeLock(path.join(store.root, 'incoming', `${CONTENT.sha256}.lock`), host)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
  });

  it('is waited for until the signal also where the books are concerned', async () => {
    const { store } = await lockOf({});
    writeFileSync(path.join(store.root, 'books.lock'), JSON.stringify({ owner: store.host.owner, nonce: 'x' }));
    const leaving = { name: 'TimeoutError' };
    await expect(store.hold([CONTENT.sha256], AbortSignal.timeout(150))).rejects.toMatchObject(leaving);
    await expect(collectGarbage(store, { named: none, signal: AbortSignal.timeout(150) })).rejects.toMatchObject(
      leaving,
    );
  });

  it.each([
    ['an empty one', ''],
    [
      'one of another host',
      JSON.stringify({ owner: { pid: 1, started: '1', host: 'elsewhere', boot: '' }, nonce: 'x' }),
    ],
  ])('of the future, %s, is taken over once it has not changed for long enough', async (_, content) => {
    const store = await open();
    const file = path.join(store.root, 'a.lock');
    writeFileSync(file, content);
    utimesSync(file, Date.now() / 1000 + 1e6, Date.now() / 1000 + 1e6);
    let now = 0;
    const clock = { ...store.host.clock, nowMs: () => now, sleep: async () => void (now += 60_000) };
    const lock = await takeLock(file, { ...store.host, clock });
    expect(await lock.isMine()).toBe(true);
    await lock.release();
  });

  it('is had by one at a time', async () => {
    const store = await open();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await takeLock(path.join(store.root, 'a.lock'), store.host);
        most = Math.max(most, ++inside);
        await store.host.clock.sleep(2);
        inside--;
        await lock.release();
      }),
    );
    expect([most, inside]).toEqual([1, 0]);
  });
});

describe('this process', () => {
  it('lives, and one that has ended does not', async () => {
    const self = await thisProcess();
    expect(await isAlive(self)).toBe(true);
    expect(await isAlive({ ...self, pid: NOBODY })).toBe(false);
    expect(await isAlive({ ...self, host: 'elsewhere' })).toBeUndefined();
  });

  it('is not known to live where the system does not tell since when: its heart tells', async () => {
    expect(await isAlive({ ...(await thisProcess()), started: '' })).toBeUndefined();
  });

  it.skipIf(process.platform !== 'linux')('is told apart from one of another user that has its number', async () => {
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not yours'), { code: 'EPERM' });
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const self = await thisProcess();
    expect(await isAlive(self)).toBe(true);
    expect(await isAlive({ ...self, started: '1' })).toBe(false);
  });
});

describe('a collection', () => {
  it('frees what nobody names and nobody uses, and says so', async () => {
    const store = await open();
    await store.put(TEXT);
    expect(await collectGarbage(store, { named: none, dryRun: true })).toMatchObject({ freedBytes: 20 });
    expect(store.has(CONTENT)).toBe(true);
    const { removed } = await collectGarbage(store, { named: none });
    expect(removed).toEqual([{ kind: 'object', name: CONTENT.sha256, bytes: 20 }]);
    expect(store.has(CONTENT)).toBe(false);
  });

  it('keeps what a catalog names, and what a process holds until it lets go', async () => {
    const store = await open();
    await store.put(TEXT);
    await collectGarbage(store, { named: async () => new Set([CONTENT.sha256]) });
    const hold = await store.hold([CONTENT.sha256]);
    await collectGarbage(store, { named: none });
    expect(store.has(CONTENT)).toBe(true);
    await hold.release();
    await collectGarbage(store, { named: none });
    expect(store.has(CONTENT)).toBe(false);
  });

  it('takes no notice of a hold whose process is dead', async () => {
    const store = await open();
    await store.put(TEXT);
    mkdirSync(path.join(store.root, 'users'));
    const mark = path.join(store.root, 'users', `${NOBODY}-x.json`);
    writeFileSync(mark, JSON.stringify({ owner: { ...store.host.owner, pid: NOBODY }, sha256: [CONTENT.sha256] }));
    await collectGarbage(store, { named: none });
    expect([store.has(CONTENT), existsSync(mark)]).toEqual([false, false]);
  });

  it('is not needed for marks of dead processes: the next one that holds something removes them', async () => {
    const store = await open();
    mkdirSync(path.join(store.root, 'users'));
    const mark = path.join(store.root, 'users', `${NOBODY}-x.json`);
    writeFileSync(mark, JSON.stringify({ owner: { ...store.host.owner, pid: NOBODY }, sha256: [] }));
    const hold = await store.hold([]);
    expect(existsSync(mark)).toBe(false);
    await hold.release();
  });

  it('deletes nothing when a catalog cannot be read', async () => {
    const store = await open();
    await store.put(TEXT);
    await expect(collectGarbage(store, { named: () => Promise.reject(new Error('unreadable')) })).rejects.toThrow();
    expect(store.has(CONTENT)).toBe(true);
  });

  it('begins again when the books go to another process in the middle', async () => {
    const store = await open();
    await store.put(TEXT);
    let asked = 0;
    const named = async (): Promise<Set<string>> => {
      if (++asked > 1) return new Set([CONTENT.sha256]);
      rmSync(path.join(store.root, 'books.lock'));
      return new Set();
    };
    const { removed, keptBytes } = await collectGarbage(store, { named });
    expect([asked, removed, keptBytes, store.has(CONTENT)]).toEqual([2, [], TEXT.length, true]);
  });

  it('leaves a temporary file that a living process works on, however old the clock makes it', async () => {
    const store = await open();
    mkdirSync(path.join(store.root, 'incoming'));
    const temporary = path.join(store.root, 'incoming', `${CONTENT.sha256}.1.tmp`);
    writeFileSync(temporary, 'x');
    utimesSync(temporary, 1, 1);
    const hold = await store.hold([CONTENT.sha256]);
    await collectGarbage(store, { named: none });
    expect(existsSync(temporary)).toBe(true);
    await hold.release();
  });

  it('takes old parts and old temporary files, and leaves new ones', async () => {
    const store = await open();
    const folder = path.join(store.root, 'incoming');
    mkdirSync(folder);
    const other = 'b'.repeat(64);
    const names = [`${CONTENT.sha256}.part`, `${CONTENT.sha256}.part.json`, `${CONTENT.sha256}.1.tmp`];
    for (const name of [...names, `${other}.part`, `${other}.1.tmp`]) writeFileSync(path.join(folder, name), 'x');
    for (const name of names) utimesSync(path.join(folder, name), 1, 1);
    const { removed } = await collectGarbage(store, { named: none });
    expect(removed.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(incoming(store).toSorted()).toEqual([`${other}.1.tmp`, `${other}.part`]);
  });
});
