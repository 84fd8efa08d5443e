import { ArtifactCorruptError, ArtifactMissingError, type LocatedFile } from '@terrace/core/engine';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { opfsLocation } from './opfs-location.js';
import { readVerified } from './read-verified.js';
import { openSite, sha256Of, someBytes } from './testing/scripted-site.js';

const CONTENT = someBytes(100_000);

type Place = (content: Uint8Array<ArrayBuffer>) => Promise<string>;

const onDisk: Place = async (content) => {
  const folder = `terrace-test-${crypto.randomUUID()}`;
  const root = await navigator.storage.getDirectory();
  const writable = await (
    await (await root.getDirectoryHandle(folder, { create: true })).getFileHandle('file', { create: true })
  ).createWritable();
  await writable.write(content);
  await writable.close();
  onTestFinished(() => root.removeEntry(folder, { recursive: true }));
  return opfsLocation(folder, 'file');
};
const inMemory: Place = async (content) => {
  const url = URL.createObjectURL(new Blob([content]));
  onTestFinished(() => URL.revokeObjectURL(url));
  return url;
};
const onServer: Place = async (content) => {
  const site = openSite();
  const { path } = await site.put('file.bin', content);
  return new URL(path, site.catalogUrl).href;
};

const locatedAt = async (location: string): Promise<LocatedFile> => ({
  location,
  bytes: CONTENT.length,
  sha256: await sha256Of(CONTENT),
});

const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

describe.each([
  ['on the disk', onDisk],
  ['in memory', inMemory],
  ['on a server', onServer],
])('a file %s', (_, place) => {
  it('is read when it is the one that was promised', async () => {
    const read = await readVerified(await locatedAt(await place(CONTENT)));
    expect(read.length).toBe(CONTENT.length);
    expect(await sha256Of(read)).toBe(await sha256Of(CONTENT));
  });

  it.each([
    ['longer', someBytes(CONTENT.length + 1)],
    ['shorter', CONTENT.slice(1)],
    ['empty', new Uint8Array()],
    ['of other bytes', CONTENT.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))],
  ])('is refused when it is %s', async (_name, content) => {
    const error = await errorOf(readVerified(await locatedAt(await place(content))));
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect((error as ArtifactCorruptError).hint).not.toBe('');
  });
});

describe('a file that is not there', () => {
  it.each([
    ['in the folder', opfsLocation('terrace-none', 'file')],
    ['at the address', `${location.origin}/scripted/none/file.bin`],
    ['in memory any more', 'blob:http://localhost/00000000-0000-0000-0000-000000000000'],
    ['anywhere', 'http://127.0.0.1:9/file.bin'],
    ['by such a name', 'opfs:'],
    ['as an address', 'no address at all'],
  ])('%s is missed', async (_, where) => {
    const error = await errorOf(readVerified(await locatedAt(where)));
    expect(ArtifactMissingError.isInstance(error) || ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(error.message).toContain(where);
  });
});

describe('a page without encryption', () => {
  it('reads what the store has hashed and holds in memory, and nothing else', async () => {
    const [memory, server] = [await locatedAt(await inMemory(CONTENT)), await locatedAt(await onServer(CONTENT))];
    vi.stubGlobal('crypto', {});
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await readVerified(memory)).toHaveLength(CONTENT.length);
    expect((await errorOf(readVerified(server))).message).toContain('cannot hash it');
  });
});
