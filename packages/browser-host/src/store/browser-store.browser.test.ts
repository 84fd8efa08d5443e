import { ArtifactCorruptError, ArtifactMissingError, type FileRef, type LocatedFile } from '@terrace/core';
import { describeModelStoreContract, fakeFile } from '@terrace/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { parseOpfsLocation } from './opfs-location.js';
import { asModelStore } from './testing/as-model-store.js';
import { openRemoteStore, type StoreUnderTest } from './testing/open-remote-store.js';
import { catalogOf, openSite, sha256Of, someBytes, type ScriptedSite } from './testing/scripted-site.js';

const CONTENT = someBytes(3_000_000);

interface Setup extends StoreUnderTest {
  readonly site: ScriptedSite;
  readonly file: FileRef;
  /** Another worker of the origin with the same store, such as that of another tab. */
  another(): Promise<StoreUnderTest>;
}

async function setUp(): Promise<Setup> {
  const site = openSite();
  const file = await site.put('tiny/model_int8.onnx', CONTENT);
  const settings = { catalog: catalogOf(file), catalogUrl: site.catalogUrl };
  const opened = await openRemoteStore(settings);
  return { ...opened, site, file, another: () => openRemoteStore({ ...settings, name: opened.name }) };
}

const reasonOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

/** What a worker reads: to compare millions of bytes one by one takes seconds. */
const hashRead = async ({ store }: StoreUnderTest, located: LocatedFile): Promise<string> =>
  sha256Of(await store.read(located));

/** The file as it lies on the disk; undefined when there is none. */
async function stored({ name }: StoreUnderTest, { sha256 }: FileRef): Promise<File | undefined> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(name, { create: true });
  const handle = folder.getFileHandle(sha256);
  // A handle may be of what is thrown away right now.
  return handle.then((each) => each.getFile()).catch(() => undefined);
}

async function overwrite({ name }: StoreUnderTest, { sha256 }: FileRef, content: BlobPart): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(name, { create: true });
  const writable = await (await folder.getFileHandle(sha256, { create: true })).createWritable();
  await writable.write(new Blob([content]));
  await writable.close();
}

describeModelStoreContract('the store of a browser', async () => {
  const site = openSite();
  const present = await site.put('present.onnx', someBytes(50_000, 2));
  const remote = await site.put('remote.onnx', CONTENT);
  const absent = fakeFile('absent.onnx');
  const { store } = await openRemoteStore({ catalog: catalogOf(present, remote), catalogUrl: site.catalogUrl });
  await store.locate(present);
  return { store: await asModelStore(store, [present, remote, absent]), present, remote, absent };
});

describe('a stored file', () => {
  it('is whole, lies under its hash, and is read by any worker', async () => {
    const { store, file, name, another } = await setUp();
    const located = await store.locate(file);
    expect(parseOpfsLocation(located.location)).toEqual({ folder: name, name: file.sha256 });
    const other = await another();
    expect(await hashRead(other, located)).toBe(file.sha256);
  });

  it('is here at the next start, which asks no server', async () => {
    const { store, file, site, another, kill } = await setUp();
    await store.locate(file);
    kill();
    const next = await another();
    expect(await next.store.presence(file)).toBe('here');
    expect(await next.store.usedBytes()).toBe(file.bytes);
    await next.store.locate(file);
    expect(await site.seen()).toHaveLength(1);
  });

  it('is found though the index was lost', async () => {
    const { store, file, site, name, another, kill } = await setUp();
    await store.locate(file);
    kill();
    await new Promise((resolve) => (indexedDB.deleteDatabase(`${name}-store`).onsuccess = resolve));
    const next = await another();
    expect(await next.store.presence(file)).toBe('fetchable');
    await next.store.locate(file);
    expect(await next.store.presence(file)).toBe('here');
    expect(await site.seen()).toHaveLength(1);
  });

  it('is one for all names of a content', async () => {
    const site = openSite();
    const weights = await site.put('a/model.onnx', CONTENT);
    const tokenizer = await site.put('b/copy.onnx', CONTENT);
    const { store } = await openRemoteStore({ catalog: catalogOf(weights, tokenizer), catalogUrl: site.catalogUrl });
    const [a, b] = await Promise.all([store.locate(weights), store.locate(tokenizer)]);
    expect(b).toEqual(a);
    expect(await site.seen()).toHaveLength(1);
  });

  it('that no catalog names is thrown away when nobody has used it for a month, and not before', async () => {
    const { store, file, name, site, kill } = await setUp();
    await store.locate(file);
    kill();
    const other = { catalog: catalogOf(fakeFile('other.onnx')), catalogUrl: site.catalogUrl, name };
    const soon = await openRemoteStore({ ...other, aheadMs: 20 * 24 * 3_600_000 });
    expect(await soon.store.collect()).toBe(0);
    const late = await openRemoteStore({ ...other, aheadMs: 40 * 24 * 3_600_000 });
    expect(await late.store.collect()).toBe(1);
    expect(await stored(late, file)).toBeUndefined();
  });

  it('out of use is thrown away by a start that brings something', async () => {
    const { store, file, name, site, kill } = await setUp();
    await store.locate(file);
    kill();
    const newer = await site.put('newer.onnx', someBytes(1000, 5));
    const settings = { catalog: catalogOf(newer), catalogUrl: site.catalogUrl, name, aheadMs: 40 * 24 * 3_600_000 };
    const late = await openRemoteStore(settings);
    await late.store.locate(newer);
    await vi.waitUntil(async () => (await stored(late, file)) === undefined, { timeout: 5000 });
    expect((await stored(late, newer))?.size).toBe(1000);
  });

  it('that another tab uses is not thrown away', async () => {
    const { store, file, name, site } = await setUp();
    await store.locate(file);
    const other = { catalog: catalogOf(fakeFile('other.onnx')), catalogUrl: site.catalogUrl, name };
    const late = await openRemoteStore({ ...other, aheadMs: 40 * 24 * 3_600_000 });
    expect(await late.store.collect()).toBe(0);
    await store.close();
    expect(await late.store.collect()).toBe(1);
  });
});

describe('FIELD-BUGS 11: what is stored heals', () => {
  it.each([
    ['cut off', CONTENT.slice(0, 1000)],
    ['too long', new Uint8Array(CONTENT.length + 1)],
    ['empty', new Uint8Array()],
  ])('a file that is %s is fetched anew when it is located', async (_, damaged) => {
    const setup = await setUp();
    const { store, file, site } = setup;
    await store.locate(file);
    await overwrite(setup, file, damaged);
    expect(await hashRead(setup, await store.locate(file))).toBe(file.sha256);
    expect(await site.seen()).toHaveLength(2);
  });

  it('a file of other bytes is refused when it is read, and fetched anew once', async () => {
    const setup = await setUp();
    const { store, file, site } = setup;
    const located = await store.locate(file);
    const damaged = CONTENT.slice();
    damaged[1_000_000]! ^= 1;
    await overwrite(setup, file, damaged);
    expect(ArtifactCorruptError.isInstance(await reasonOf(store.read(located)))).toBe(true);
    const [renewed] = await Promise.all([store.renew(located), store.renew(located)]);
    expect(await hashRead(setup, renewed)).toBe(file.sha256);
    expect(await site.seen()).toHaveLength(2);
    // What is sound is left alone.
    await store.renew(renewed);
    expect(await site.seen()).toHaveLength(2);
  });

  it('a file that the browser has evicted is missed when it is read, and fetched anew', async () => {
    const setup = await setUp();
    const { store, file, name, site } = setup;
    const located = await store.locate(file);
    await (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true });
    expect(ArtifactMissingError.isInstance(await reasonOf(store.read(located)))).toBe(true);
    expect(await hashRead(setup, await store.renew(located))).toBe(file.sha256);
    expect(await site.seen()).toHaveLength(2);
  });

  it('a part that was damaged is thrown away, and the file fetched whole', async () => {
    const setup = await setUp();
    const { store, file } = setup;
    await overwrite(setup, file, new Uint8Array(1_000_000).fill(9));
    expect(await hashRead(setup, await store.locate(file))).toBe(file.sha256);
  });

  it('an index entry that is rubbish is none', async () => {
    const { store, file, name, another, kill } = await setUp();
    await store.locate(file);
    kill();
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(`${name}-store`);
      request.onsuccess = () => resolve(request.result);
    });
    const records = database.transaction('values', 'readwrite').objectStore('values');
    for (const [key, value] of [
      [file.sha256, { bytes: 'many' }],
      ['a'.repeat(64), null],
      ['b'.repeat(64), 7],
      ['whatever', { bytes: 1, isComplete: true, lastUsedWallMs: 0 }],
    ] as const) {
      records.put(value, key);
    }
    await new Promise((resolve) => (records.transaction.oncomplete = resolve));
    database.close();
    const next = await another();
    expect(await next.store.presence(file)).toBe('fetchable');
    expect(await hashRead(next, await next.store.locate(file))).toBe(file.sha256);
  });

  it('two tabs that want the same file cause one download', async () => {
    const { store, file, site, another } = await setUp();
    const other = await another();
    const [a, b] = await Promise.all([store.locate(file), other.store.locate(file)]);
    expect(b).toEqual(a);
    expect(await site.seen()).toHaveLength(1);
    expect(await other.store.presence(file)).toBe('here');
  });

  it('a tab takes over the download of one that was killed, where that stood', async () => {
    const setup = await setUp();
    const { store, file, site, another, kill } = setup;
    await site.next({ kind: 'stall', bytes: 2_000_000 });
    void store.locate(file).catch(() => undefined);
    await vi.waitUntil(async () => (await stored(setup, file))?.size === 2_000_000, { timeout: 5000 });
    const other = await another();
    const waiting = other.store.locate(file);
    kill();
    expect(await hashRead(other, await waiting)).toBe(file.sha256);
    const [, second] = await site.seen();
    expect(second).toMatchObject({ range: 'bytes=2000000-', ifRange: expect.stringMatching(/^"/) as string });
  });
});
