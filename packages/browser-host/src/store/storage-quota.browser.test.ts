import type { FileRef } from '@terrace/core';
import { fakeFile } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { openRemoteStore, type StoreUnderTest } from './testing/open-remote-store.js';
import { catalogOf, openSite, sha256Of, someBytes, type ScriptedSite } from './testing/scripted-site.js';

const { origin } = location;
const MB = 1_000_000;

const send = (method: string, params: object): Promise<unknown> =>
  (cdp() as unknown as { send(method: string, params: object): Promise<unknown> }).send(method, params);

/** What this origin may store beside what it stores already. */
async function leaveRoom(bytes: number): Promise<void> {
  const { usage = 0 } = await navigator.storage.estimate();
  await send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + bytes });
}

afterEach(() => send('Storage.overrideQuotaForOrigin', { origin }));

async function isRead({ store }: StoreUnderTest, file: FileRef): Promise<boolean> {
  return (await sha256Of(await store.read(await store.locate(file)))) === file.sha256;
}

/** A store with files that a start before has used, in order, and this one has not. */
async function setUp(names: readonly string[]): Promise<{ site: ScriptedSite; name: string; files: FileRef[] }> {
  const site = openSite();
  const files: FileRef[] = [];
  for (const [seed, name] of names.entries()) files.push(await site.put(name, someBytes(2 * MB, seed)));
  const catalog = catalogOf(files[0]!, files[1]);
  const { store, name } = await openRemoteStore({ catalog, catalogUrl: site.catalogUrl });
  for (const file of files) await store.locate(file);
  await store.close();
  return { site, name, files };
}

describe('FIELD-BUGS 14: a full storage', () => {
  it('lets a file be used without being stored, and says so once', async () => {
    const site = openSite();
    const file = await site.put('model.onnx', someBytes(3 * MB));
    const other = await site.put('other.onnx', someBytes(3 * MB, 2));
    const opened = await openRemoteStore({ catalog: catalogOf(file, other), catalogUrl: site.catalogUrl });
    await leaveRoom(MB);
    const located = await opened.store.locate(file);
    expect(located.location).toMatch(/^blob:/);
    expect(await isRead(opened, file)).toBe(true);
    expect(await isRead(opened, other)).toBe(true);
    expect(await opened.store.presence(file)).toBe('here');
    // Whoever reads it again does not fetch it again.
    expect(await site.seen()).toHaveLength(2);
    expect(opened.warnings).toHaveLength(1);
    expect(opened.warnings[0]).toMatch(/model\.onnx is used without being stored.*Free some disk space/);
  });

  it('that shows only when it is written has the same outcome, and nothing is left of the part', async () => {
    const site = openSite();
    const file = await site.put('model.onnx', someBytes(3 * MB));
    const opened = await openRemoteStore({
      catalog: catalogOf(file),
      catalogUrl: site.catalogUrl,
      hidesEstimate: true,
    });
    await leaveRoom(MB);
    expect(await isRead(opened, file)).toBe(true);
    expect((await opened.store.locate(file)).location).toMatch(/^blob:/);
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(opened.name);
    await expect(folder.getFileHandle(file.sha256)).rejects.toThrow('could not be found');
  });

  it('gives up where what would make room cannot be removed', async () => {
    const site = openSite();
    const file = await site.put('model.onnx', someBytes(3 * MB));
    const opened = await openRemoteStore({ catalog: catalogOf(file), catalogUrl: site.catalogUrl });
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(opened.name, { create: true });
    const strange = await folder.getDirectoryHandle('0'.repeat(64), { create: true });
    await strange.getFileHandle('something', { create: true });
    await leaveRoom(MB);
    expect(await isRead(opened, file)).toBe(true);
  });

  it('makes room by what was used longest ago, of this name only', async () => {
    const { site, name, files } = await setUp(['old.onnx', 'newer.onnx']);
    const added = await site.put('added.onnx', someBytes(2 * MB, 7));
    const opened = await openRemoteStore({ catalog: catalogOf(added), catalogUrl: site.catalogUrl, name });
    await leaveRoom(MB);
    expect((await opened.store.locate(added)).location).toMatch(/^opfs:/);
    expect(opened.warnings).toEqual([]);
    expect(await Promise.all(files.map((file) => opened.store.presence(file)))).toEqual(['missing', 'here']);
  });

  it('makes room by what no catalog names before what one does', async () => {
    const { site, name, files } = await setUp(['named.onnx', 'unnamed.onnx']);
    const added = await site.put('added.onnx', someBytes(2 * MB, 7));
    const catalog = catalogOf(added, files[0]);
    const opened = await openRemoteStore({ catalog, catalogUrl: site.catalogUrl, name });
    await leaveRoom(MB);
    await opened.store.locate(added);
    expect(await Promise.all(files.map((file) => opened.store.presence(file)))).toEqual(['here', 'missing']);
  });

  it('takes nothing from what is in use, here or in another tab', async () => {
    const { site, name, files } = await setUp(['here.onnx', 'there.onnx']);
    const added = await site.put('added.onnx', someBytes(2 * MB, 7));
    const settings = { catalog: catalogOf(files[0]!, added), catalogUrl: site.catalogUrl, name };
    const [here, there] = [await openRemoteStore(settings), await openRemoteStore(settings)];
    await here.store.locate(files[0]!);
    await there.store.locate(files[1]!);
    await leaveRoom(MB);
    expect((await here.store.locate(added)).location).toMatch(/^blob:/);
    expect(await Promise.all(files.map((file) => here.store.presence(file)))).toEqual(['here', 'here']);
    expect(await isRead(there, files[1]!)).toBe(true);
  });

  it('keeps what a catalog names when something is brought for later: that waits for room, and is not held in memory', async () => {
    const { site, name, files } = await setUp(['old.onnx', 'unnamed.onnx']);
    const later = await site.put('later.onnx', someBytes(2 * MB, 7));
    const more = await site.put('more.onnx', someBytes(2 * MB, 8));
    const catalog = catalogOf(files[0]!, later);
    const models = catalog.models.map((model) => ({ ...model, tokenizerConfig: more }));
    const settings = { catalogUrl: site.catalogUrl, name };
    const opened = await openRemoteStore({ ...settings, catalog: { ...catalog, models } });
    await leaveRoom(MB);
    await opened.store.keepAll([later]);
    expect(await Promise.all(files.map((file) => opened.store.presence(file)))).toEqual(['here', 'missing']);
    await leaveRoom(MB);
    await expect(opened.store.keepAll([more])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const presence = [files[0]!, later, more].map((file) => opened.store.presence(file));
    expect(await Promise.all(presence)).toEqual(['here', 'here', 'fetchable']);
    expect(opened.warnings).toEqual([]);
    await leaveRoom(4 * MB);
    await opened.store.keepAll([more]);
    expect(await isRead(opened, more)).toBe(true);
  });

  it('is told from one with room', async () => {
    const site = openSite();
    const file = await site.put('model.onnx', someBytes(3 * MB));
    const opened = await openRemoteStore({ catalog: catalogOf(file), catalogUrl: site.catalogUrl });
    await leaveRoom(4 * MB);
    expect((await opened.store.locate(file)).location).toMatch(/^opfs:/);
    expect(opened.warnings).toEqual([]);
  });
});

describe('a browser that lets a site store nothing', () => {
  it('holds files in memory, says so once, and brings them once', async () => {
    const site = openSite();
    const file = await site.put('model.onnx', someBytes(MB));
    const settings = { catalog: catalogOf(file), catalogUrl: site.catalogUrl };
    const opened = await openRemoteStore({ ...settings, forbidsFiles: true });
    expect(await opened.store.presence(fakeFile('other'))).toBe('missing');
    expect(await isRead(opened, file)).toBe(true);
    expect(await isRead(opened, file)).toBe(true);
    expect(await opened.store.usedBytes()).toBe(file.bytes);
    expect(await opened.store.collect()).toBe(0);
    expect(await site.seen()).toHaveLength(1);
    expect(opened.warnings).toMatchObject([expect.stringContaining('Let the site store data')]);
  });

  it('has nothing to say where no file is asked for', async () => {
    const { warnings, store } = await openRemoteStore({
      catalog: catalogOf(fakeFile('model.onnx')),
      catalogUrl: location.href,
      forbidsFiles: true,
    });
    await store.usedBytes();
    expect(warnings).toEqual([]);
  });
});
