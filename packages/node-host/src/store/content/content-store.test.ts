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
import { describe, expect, it, onTestFinished } from 'vitest';
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

  it('deletes nothing when a catalog cannot be read', async () => {
    const store = await open();
    await store.put(TEXT);
    await expect(collectGarbage(store, { named: () => Promise.reject(new Error('unreadable')) })).rejects.toThrow();
    expect(store.has(CONTENT)).toBe(true);
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
