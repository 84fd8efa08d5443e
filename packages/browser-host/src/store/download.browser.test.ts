import { ArtifactCorruptError, DownloadError, type FetchProgress, type FileRef } from '@terrace/core';
import { proxy } from 'comlink';
import { describe, expect, it, vi } from 'vitest';
import { openRemoteStore, type StoreUnderTest } from './testing/open-remote-store.js';
import { catalogOf, openSite, sha256Of, someBytes, type Answer, type ScriptedSite } from './testing/scripted-site.js';

const CONTENT = someBytes(1_000_000);
const HTML = '<!DOCTYPE html><html><body>Sign in to the network</body></html>';

interface Setup extends StoreUnderTest {
  readonly site: ScriptedSite;
  readonly file: FileRef;
}

async function setUp({
  origin = location.origin,
  stallMs,
}: { readonly origin?: string; readonly stallMs?: number } = {}): Promise<Setup> {
  const site = openSite(origin);
  const file = await site.put('tiny/model_int8.onnx', CONTENT);
  const settings = { catalog: catalogOf(file), catalogUrl: site.catalogUrl, ...(stallMs !== undefined && { stallMs }) };
  return { ...(await openRemoteStore(settings)), site, file };
}

/** The same server by another name. */
const elsewhere = (): string => `http://127.0.0.1:${location.port}`;

const reasonOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

async function requireFetched({ store, file }: Setup): Promise<void> {
  expect(await sha256Of(await store.read(await store.locate(file)))).toBe(file.sha256);
}

/** Leaves the first bytes of a file as an interrupted download does. */
async function leavePart({ store, file, site }: Setup, bytes: number): Promise<void> {
  await site.next({ kind: 'stall', bytes });
  expect(await reasonOf(store.locateUntil(file, bytes))).toMatchObject({ message: 'enough' });
  expect(await store.presence(file)).toBe('fetchable');
}

/** Names of what lies in the folder of the store. */
async function storedNames({ name }: StoreUnderTest): Promise<string[]> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
  const names: string[] = [];
  for await (const each of folder.keys()) names.push(each);
  return names;
}

const rangesOf = async (site: ScriptedSite): Promise<(string | undefined)[]> =>
  (await site.seen()).map(({ range }) => range);

describe('FIELD-BUGS 12: a web page is never taken for a model', () => {
  it.each([
    ['by its content type', { 'content-type': 'text/html; charset=utf-8' }, 'not html at all'],
    ['by its first bytes', { 'content-type': 'application/octet-stream' }, `\n ${HTML}`],
    ['by its first bytes, with the right length', {}, HTML.padEnd(CONTENT.length)],
  ])('is recognised %s, and nothing of it is kept', async (_, headers, body) => {
    const setup = await setUp();
    await setup.site.next({ kind: 'reply', status: 200, headers, body });
    const error = await reasonOf(setup.store.locate(setup.file));
    expect(DownloadError.isInstance(error)).toBe(true);
    expect(error.message).toContain('web page');
    expect(await storedNames(setup)).toEqual([]);
    expect(await setup.store.presence(setup.file)).toBe('fetchable');
    await requireFetched(setup);
  });

  it('leaves what was downloaded before', async () => {
    const setup = await setUp();
    await leavePart(setup, 400_000);
    await setup.site.next({ kind: 'reply', status: 200, body: HTML });
    expect((await reasonOf(setup.store.locate(setup.file))).message).toContain('web page');
    await requireFetched(setup);
    expect((await rangesOf(setup.site)).at(-1)).toBe('bytes=400000-');
  });
});

describe('FIELD-BUGS 13: a download', () => {
  it('goes on where it was cancelled, with the same version of the file', async () => {
    const setup = await setUp();
    await leavePart(setup, 400_000);
    await requireFetched(setup);
    const [, second] = await setup.site.seen();
    expect(second).toEqual({ path: setup.file.path, range: 'bytes=400000-', ifRange: expect.stringMatching(/^"/) });
  });

  it('goes on where the connection broke', async () => {
    const setup = await setUp();
    await setup.site.next({ kind: 'hang-up', bytes: 300_000 }, { kind: 'hang-up', bytes: 100 });
    await requireFetched(setup);
    const [first, second] = await rangesOf(setup.site);
    expect([first, second]).toEqual([undefined, 'bytes=300000-']);
  });

  it('begins anew when the file on the server is another version', async () => {
    const setup = await setUp();
    await setup.site.put(setup.file.path, someBytes(CONTENT.length, 5));
    await leavePart(setup, 400_000);
    await setup.site.put(setup.file.path, CONTENT);
    await requireFetched(setup);
    expect(await rangesOf(setup.site)).toEqual([undefined, 'bytes=400000-']);
  });

  it('refuses bytes that do not hash as the catalog says, and fetches them once more', async () => {
    const setup = await setUp();
    await setup.site.next({ kind: 'reply', status: 200, body: 'x'.repeat(CONTENT.length) });
    await requireFetched(setup);
    expect(await rangesOf(setup.site)).toEqual([undefined, undefined]);
  });

  it('gives up on bytes that are wrong twice, and keeps nothing of them', async () => {
    const setup = await setUp();
    await setup.site.put(setup.file.path, someBytes(CONTENT.length, 5));
    const error = await reasonOf(setup.store.locate(setup.file));
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(error.message).toContain('twice in a row');
    expect(await storedNames(setup)).toEqual([]);
  });

  it.each([
    ['too many bytes', someBytes(CONTENT.length + 1)],
    ['too few bytes', someBytes(1000)],
  ])('of %s is refused', async (_, content) => {
    const setup = await setUp();
    await setup.site.put(setup.file.path, content);
    const error = await reasonOf(setup.store.locate(setup.file));
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`the catalog says ${CONTENT.length}`);
    expect(await storedNames(setup)).toEqual([]);
  });

  it('of a server without ranges begins anew', async () => {
    const setup = await setUp();
    await leavePart(setup, 400_000);
    await setup.site.next({ kind: 'whole' });
    await requireFetched(setup);
    expect(await setup.site.seen()).toHaveLength(2);
  });

  it('that comes compressed is unpacked by the browser, whatever its length says', async () => {
    const setup = await setUp();
    await setup.site.next({ kind: 'packed' });
    await requireFetched(setup);
    expect(await setup.site.seen()).toHaveLength(1);
  });

  it('that was begun compressed goes on as the file itself', async () => {
    const setup = await setUp();
    await setup.site.next({ kind: 'packed', share: 0.5 });
    await requireFetched(setup);
    const [, second] = await setup.site.seen();
    expect(second?.range).toMatch(/^bytes=\d+-$/);
  });

  it('whose rest comes compressed is begun anew', async () => {
    const setup = await setUp();
    await leavePart(setup, 400_000);
    await setup.site.next({ kind: 'packed' }, { kind: 'packed' });
    await requireFetched(setup);
    expect(await rangesOf(setup.site)).toEqual([undefined, 'bytes=400000-', undefined]);
  });

  it('that stalls is asked for again', async () => {
    const setup = await setUp({ stallMs: 300 });
    await setup.site.next({ kind: 'stall', bytes: 300_000 });
    await requireFetched(setup);
    expect((await rangesOf(setup.site))[1]).toBe('bytes=300000-');
  });

  it.each([[500], [503], [429], [408]])('of a server that answers %d is asked for again', async (status) => {
    const setup = await setUp();
    await setup.site.next({ kind: 'reply', status, headers: { 'content-type': 'text/html' }, body: HTML });
    await requireFetched(setup);
    expect(await setup.site.seen()).toHaveLength(2);
  });

  it('of a server that only fails is given up after a few tries', async () => {
    const setup = await setUp();
    await setup.site.next(...Array.from({ length: 9 }, (): Answer => ({ kind: 'reply', status: 503 })));
    const error = await reasonOf(setup.store.locate(setup.file));
    expect(DownloadError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/status 503; 5 tries/);
    expect(await storedNames(setup)).toEqual([]);
  });

  it.each([[401], [403], [404]])('of a server that answers %d is not asked for again', async (status) => {
    const setup = await setUp();
    await setup.site.next({ kind: 'reply', status });
    const error = await reasonOf(setup.store.locate(setup.file));
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', facts: { status } });
    expect((error as DownloadError).hint).not.toBe('');
    expect(await setup.site.seen()).toHaveLength(1);
  });

  it('that nobody answers says what may be the cause', async () => {
    const { file } = await setUp();
    const { store } = await openRemoteStore({
      catalog: catalogOf(file),
      catalogUrl: 'http://127.0.0.1:9/catalog.json',
    });
    const error = await reasonOf(store.locate(file));
    expect(DownloadError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/cannot be reached.*CORS/);
  });

  it.each([
    ['is not encrypted', 'http://models.invalid/catalog.json', /not encrypted/],
    ['is no web address', 'ftp://models.invalid/catalog.json', /no web address/],
  ])('from an address that %s is refused', async (_, catalogUrl, message) => {
    const { file } = await setUp();
    const { store } = await openRemoteStore({ catalog: catalogOf(file), catalogUrl });
    expect((await reasonOf(store.locate(file))).message).toMatch(message);
  });
});

describe('a download from another origin', () => {
  it('goes on where it was interrupted, without asking that origin for more than a simple request', async () => {
    const setup = await setUp({ origin: elsewhere() });
    await leavePart(setup, 400_000);
    await requireFetched(setup);
    const [, second] = await setup.site.seen();
    expect(second).toEqual({ path: setup.file.path, range: 'bytes=400000-' });
  });

  it('is fetched whole when it was of another version after all', async () => {
    const setup = await setUp({ origin: elsewhere() });
    await setup.site.put(setup.file.path, someBytes(CONTENT.length, 5));
    await leavePart(setup, 400_000);
    await setup.site.put(setup.file.path, CONTENT);
    await requireFetched(setup);
    expect(await rangesOf(setup.site)).toEqual([undefined, 'bytes=400000-', undefined]);
  });

  it('may come compressed, which the page cannot see', async () => {
    const setup = await setUp({ origin: elsewhere() });
    await setup.site.next({ kind: 'packed', share: 0.5 }, { kind: 'packed' }, { kind: 'packed' });
    await requireFetched(setup);
    expect(await rangesOf(setup.site)).toEqual([undefined, expect.stringMatching(/^bytes/), undefined]);
  });
});

describe('FIELD-BUGS 20: progress', () => {
  it('has a total over all files that are asked for together, from the first event on', async () => {
    const site = openSite();
    const weights = await site.put('model.onnx', CONTENT);
    const tokenizer = await site.put('tokenizer.json', someBytes(50_000, 3));
    const settings = { catalog: catalogOf(weights, tokenizer), catalogUrl: site.catalogUrl };
    const { store, events } = await openRemoteStore(settings);
    await store.locateAll([weights, tokenizer]);
    const totalBytes = weights.bytes + tokenizer.bytes;
    await vi.waitUntil(() => events.at(-1)?.doneBytes === totalBytes);
    expect(new Set(events.map((event) => event.totalBytes))).toEqual(new Set([totalBytes]));
    expect(events[0]?.doneBytes).toBe(0);
    expect(events.map(({ doneBytes }) => doneBytes)).toEqual(
      events.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b),
    );
  });

  it('counts what an earlier try has brought', async () => {
    const setup = await setUp();
    await leavePart(setup, 400_000);
    const done: number[] = [];
    await setup.store.locate(
      setup.file,
      proxy(({ doneBytes }: FetchProgress) => void done.push(doneBytes)),
    );
    // What a worker tells comes by another way than what it answers.
    await vi.waitUntil(() => done.at(-1) === CONTENT.length);
    expect(done[0]).toBe(400_000);
  });

  it('of what is here is none', async () => {
    const { store, file, events } = await setUp();
    await store.locate(file);
    const before = events.length;
    await store.locate(file);
    expect(events).toHaveLength(before);
  });
});
