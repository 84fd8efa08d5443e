import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactCorruptError, DownloadError, type Clock, type FileRef } from '@terrace/core';
import { createFakeClock, seededRandom } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openContentStore, type ContentStore } from '../content/content-store.js';
import { systemClock } from '../../system-clock.js';
import {
  answerWith,
  hangUpAfter,
  sha256Of,
  stallAfter,
  startFileServer,
  type FileServer,
} from '../testing/file-server.js';
import { createFetcher, type Fetcher } from './fetcher.js';

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const NAME = 'model_int8.onnx';
const FILE: FileRef = { path: `encoders/base/${NAME}`, bytes: CONTENT.length, sha256: sha256Of(CONTENT) };
const HTML = '<!DOCTYPE html><html><body>Sign in to the network</body></html>';

/** Pauses are over at once; what never comes is waited for in vain without a second passing. */
const quickClock: Clock = { ...systemClock, sleep: (_, signal) => systemClock.sleep(1, signal) };
/** Only pauses between tries are over at once: a stall is not. */
const patientClock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms >= 30_000 ? ms : 1, signal) };

interface Setup {
  readonly server: FileServer;
  readonly store: ContentStore;
  readonly fetcher: Fetcher;
  readonly part: string;
  fetch(options?: Parameters<Fetcher['fetch']>[2]): Promise<string>;
}

async function setUp({
  clock = patientClock,
  allowHttp = false,
}: { clock?: Clock; allowHttp?: boolean } = {}): Promise<Setup> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-fetch-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const server = await startFileServer({ [`/base/${NAME}`]: CONTENT });
  const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
  const store = await openContentStore(path.join(home, 'store'), { storage });
  const transport = { fetch, clock, random: seededRandom(1), allowHttp };
  const fetcher = createFetcher({ store, transport, hub: server.address });
  const part = path.join(store.root, 'incoming', `${FILE.sha256}.part`);
  return { server, store, fetcher, part, fetch: (options) => fetcher.fetch(`${server.address}/base/`, FILE, options) };
}

const reasonOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );

/** Leaves the first bytes of a file as an interrupted download does. */
async function leavePart({ fetch, server, store, part }: Setup, bytes: number): Promise<void> {
  const interrupted = new AbortController();
  server.next.push(stallAfter(CONTENT, bytes));
  const onProgress = ({ doneBytes }: { doneBytes: number }): void => {
    if (doneBytes >= bytes) interrupted.abort(new Error('interrupted'));
  };
  await reasonOf(fetch({ signal: interrupted.signal, onProgress }));
  expect(statSync(part).size).toBe(bytes);
  expect(store.has(FILE)).toBe(false);
  server.requests.length = 0;
}

describe('a download', () => {
  it('is whole, hashed, read-only and under its hash', async () => {
    const { fetch, store, part } = await setUp();
    const location = await fetch();
    expect(location).toBe(path.join(store.root, 'sha256', FILE.sha256.slice(0, 2), FILE.sha256));
    expect(readFileSync(location).equals(CONTENT)).toBe(true);
    expect(statSync(location).mode & 0o777).toBe(0o444);
    expect([existsSync(part), existsSync(`${part}.json`), existsSync(part.replace('.part', '.lock'))]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('FIELD-BUGS 20: says the total from the first event on', async () => {
    const { fetch } = await setUp();
    const events: { doneBytes: number; totalBytes: number }[] = [];
    await fetch({ onProgress: ({ doneBytes, totalBytes }) => events.push({ doneBytes, totalBytes }) });
    expect(events[0]).toEqual({ doneBytes: 0, totalBytes: CONTENT.length });
    expect(events.at(-1)).toEqual({ doneBytes: CONTENT.length, totalBytes: CONTENT.length });
    expect(new Set(events.map(({ totalBytes }) => totalBytes)).size).toBe(1);
  });

  it('FIELD-BUGS 13: goes on where it was cancelled, with the same version of the file', async () => {
    const setup = await setUp();
    await leavePart(setup, 100_000);
    await setup.fetch();
    expect(setup.server.requests).toMatchObject([{ range: 'bytes=100000-' }]);
    expect(setup.store.has(FILE)).toBe(true);
  });

  it('FIELD-BUGS 13: rejects with the reason it was cancelled for, and keeps what it has', async () => {
    const setup = await setUp();
    const reason = new Error('enough');
    const controller = new AbortController();
    setup.server.next.push(stallAfter(CONTENT, 70_000));
    const onProgress = ({ doneBytes }: { doneBytes: number }): void => {
      if (doneBytes > 0) controller.abort(reason);
    };
    expect(await reasonOf(setup.fetch({ signal: controller.signal, onProgress }))).toBe(reason);
    expect(statSync(setup.part).size).toBeGreaterThan(0);
  });

  it('FIELD-BUGS 13: begins anew when the file on the server is another version', async () => {
    const setup = await setUp();
    setup.server.next.push(hangUpAfter(Buffer.alloc(CONTENT.length, 1), 50_000));
    await setup.fetch();
    expect(setup.server.requests[1]).toMatchObject({ range: 'bytes=50000-', ifRange: expect.any(String) });
    expect(setup.store.has(FILE)).toBe(true);
  });

  it('FIELD-BUGS 13: refuses bytes that do not hash as the catalog says, and fetches them once more', async () => {
    const setup = await setUp();
    const wrong = Buffer.from(CONTENT);
    wrong[1000]! ^= 1;
    setup.server.next.push(answerWith(200, { 'content-length': `${wrong.length}` }, wrong));
    await setup.fetch();
    expect(setup.server.requests).toHaveLength(2);
    expect(readFileSync(setup.store.pathOf(FILE.sha256)).equals(CONTENT)).toBe(true);
  });

  it('FIELD-BUGS 13: gives up on bytes that are wrong twice, and keeps nothing of them', async () => {
    const setup = await setUp();
    const wrong = Buffer.from(CONTENT);
    wrong[1000]! ^= 1;
    setup.server.files.set(`/base/${NAME}`, wrong);
    const error = await reasonOf(setup.fetch());
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(setup.server.requests).toHaveLength(2);
    expect([existsSync(setup.part), setup.store.has(FILE)]).toEqual([false, false]);
  });

  it('FIELD-BUGS 11: a part that was damaged on the disk is thrown away, and the file fetched whole', async () => {
    const setup = await setUp();
    await leavePart(setup, 100_000);
    writeFileSync(setup.part, Buffer.alloc(100_000, 9));
    await setup.fetch();
    expect(readFileSync(setup.store.pathOf(FILE.sha256)).equals(CONTENT)).toBe(true);
  });

  it.each([[0], [1], [400_000]])('FIELD-BUGS 11: a part of %d bytes is no obstacle', async (bytes) => {
    const setup = await setUp();
    mkdirSync(path.dirname(setup.part), { recursive: true });
    writeFileSync(setup.part, Buffer.concat([CONTENT, CONTENT]).subarray(0, bytes));
    await setup.fetch();
    expect(setup.store.has(FILE)).toBe(true);
  });

  it('FIELD-BUGS 11: a stored file that was cut off does not count as here, and is fetched again', async () => {
    const { fetch, store } = await setUp();
    const location = await fetch();
    chmodSync(location, 0o644);
    truncateSync(location, 1000);
    expect(store.has(FILE)).toBe(false);
    expect(readFileSync(await fetch()).equals(CONTENT)).toBe(true);
  });

  it('FIELD-BUGS 11: several callers cause one download', async () => {
    const { fetch, server } = await setUp();
    const locations = await Promise.all([fetch(), fetch(), fetch()]);
    expect(new Set(locations).size).toBe(1);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a disk that is full', () => {
  it('is named, and what is on it already is gone on with when there is room', async () => {
    const setup = await setUp();
    const { host } = setup.store;
    let room = 100_000;
    const files = {
      ...host.files,
      open: async (...args: Parameters<typeof host.files.open>) => {
        const file = await host.files.open(...args);
        const write = file.write.bind(file) as (...all: unknown[]) => Promise<{ bytesWritten: number }>;
        const full = async (...all: unknown[]): Promise<{ bytesWritten: number }> => {
          if (room <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          const length = Math.min(room, all[2] as number);
          room -= length;
          return write(all[0], all[1], length, all[3]);
        };
        return Object.assign(file, { write: full });
      },
    };
    const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
    const store = await openContentStore(setup.store.root, { host: { ...host, files }, storage });
    const transport = { fetch, clock: patientClock, random: seededRandom(1), allowHttp: false };
    const fetcher = createFetcher({ store, transport, hub: setup.server.address });
    const error = await reasonOf(fetcher.fetch(`${setup.server.address}/base/`, FILE));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', facts: { errno: 'ENOSPC' } });
    expect(statSync(setup.part).size).toBe(100_000);
    room = Infinity;
    await fetcher.fetch(`${setup.server.address}/base/`, FILE);
    expect(setup.server.requests.at(-1)?.range).toBe('bytes=100000-');
  });
});

describe('FIELD-BUGS 12: a web page is never taken for a model', () => {
  it.each([
    ['by its content type', { 'content-type': 'text/html; charset=utf-8' }, 'not html at all'],
    ['by its first bytes', { 'content-type': 'application/octet-stream' }, `\n ${HTML}`],
    [
      'by its first bytes, with the right length',
      { 'content-length': `${CONTENT.length}` },
      HTML.padEnd(CONTENT.length),
    ],
  ])('is recognised %s', async (_, headers, body) => {
    const setup = await setUp();
    setup.server.next.push(answerWith(200, headers, body));
    const error = await reasonOf(setup.fetch());
    expect(DownloadError.isInstance(error)).toBe(true);
    expect(error.message).toContain('web page');
    expect(setup.store.has(FILE)).toBe(false);
  });

  it('leaves what was downloaded before', async () => {
    const setup = await setUp();
    await leavePart(setup, 100_000);
    setup.server.next.push(answerWith(200, {}, HTML));
    expect((await reasonOf(setup.fetch())).message).toContain('web page');
    expect(statSync(setup.part).size).toBe(100_000);
    await setup.fetch();
  });
});

describe('a server that', () => {
  it('ignores ranges sends the whole file, and it is begun anew', async () => {
    const setup = await setUp();
    await leavePart(setup, 100_000);
    setup.server.next.push(answerWith(200, { 'content-length': `${CONTENT.length}` }, CONTENT));
    await setup.fetch();
    expect(setup.server.requests).toHaveLength(1);
    expect(setup.store.has(FILE)).toBe(true);
  });

  it('sends another range than the one asked for is asked for the whole file', async () => {
    const setup = await setUp();
    await leavePart(setup, 100_000);
    const headers = { 'content-range': `bytes 0-${CONTENT.length - 1}/${CONTENT.length}` };
    setup.server.next.push(answerWith(206, headers, CONTENT));
    await setup.fetch();
    expect(setup.server.requests.map(({ range }) => range)).toEqual(['bytes=100000-', undefined]);
  });

  it('hangs up early is asked for the rest', async () => {
    const setup = await setUp();
    setup.server.next.push(hangUpAfter(CONTENT, 120_000));
    await setup.fetch();
    expect(setup.server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=120000-']);
    expect(setup.server.requests[1]?.ifRange).toMatch(/^"/);
  });

  it('ends early without a length is asked for the rest', async () => {
    const setup = await setUp();
    setup.server.next.push((_, response) => response.writeHead(200).end(CONTENT.subarray(0, 5000)));
    await setup.fetch();
    expect(setup.server.requests.at(-1)?.range).toBe('bytes=5000-');
  });

  it.each([
    [
      'says it has too many bytes',
      answerWith(200, { 'content-length': '300001' }, Buffer.concat([CONTENT, Buffer.alloc(1)])),
    ],
    ['says it has too few bytes', answerWith(200, { 'content-length': '1000' }, CONTENT.subarray(0, 1000))],
    [
      'sends more than the file',
      ((_, response) => {
        response.writeHead(200);
        response.write(CONTENT);
        response.end(Buffer.alloc(1000));
      }) satisfies FileServer['next'][number],
    ],
  ])('%s is refused, and asked once more', async (_, answer) => {
    const setup = await setUp();
    setup.server.next.push(answer, answer);
    const error = await reasonOf(setup.fetch());
    expect(ArtifactCorruptError.isInstance(error)).toBe(true);
    expect(error.message).toContain('300000');
    expect(setup.server.requests).toHaveLength(2);
    await setup.fetch();
  });

  it('stalls is given up and asked again', async () => {
    const clock = createFakeClock();
    const setup = await setUp({ clock });
    setup.server.next.push(stallAfter(CONTENT, 50_000));
    const work = setup.fetch();
    // Time passes only here: whoever sleeps, for a stall or between tries, wakes up.
    const passing = setInterval(() => setup.server.requests.length === 1 && clock.advance(30_000), 20);
    onTestFinished(() => clearInterval(passing));
    await work;
    expect(setup.server.requests.length).toBeGreaterThan(1);
  });

  it.each([[500], [503], [429], [408]])('answers %d is asked again', async (status) => {
    const setup = await setUp();
    setup.server.next.push(
      answerWith(status, { 'content-type': 'text/html' }, HTML),
      answerWith(status, { 'retry-after': '1' }),
    );
    await setup.fetch();
    expect(setup.server.requests).toHaveLength(3);
  });

  it('fails for good is told of after a few tries, with the status', async () => {
    const setup = await setUp();
    setup.server.next.push(...Array.from({ length: 20 }, () => answerWith(503, {})));
    const error = await reasonOf(setup.fetch());
    expect(DownloadError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/status 503; 5 tries/);
    expect(setup.server.requests).toHaveLength(5);
  });

  it('asks for an hour of patience is told of at once', async () => {
    const setup = await setUp();
    setup.server.next.push(answerWith(429, { 'retry-after': '3600' }));
    expect(DownloadError.isInstance(await reasonOf(setup.fetch()))).toBe(true);
    expect(setup.server.requests).toHaveLength(1);
  });

  it.each([[401], [403], [404]])('answers %d is not asked again', async (status) => {
    const setup = await setUp();
    setup.server.next.push(answerWith(status, {}));
    const error = await reasonOf(setup.fetch());
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', facts: { status } });
    expect(setup.server.requests).toHaveLength(1);
  });

  it('compresses the file is refused', async () => {
    const setup = await setUp();
    setup.server.next.push(
      answerWith(200, { 'content-encoding': 'gzip' }, Buffer.from('H4sIAAAAAAAAAwMAAAAAAAAAAAA=', 'base64')),
    );
    expect((await reasonOf(setup.fetch())).message).toContain('compressed (gzip)');
  });

  it('redirects is followed', async () => {
    const setup = await setUp();
    setup.server.next.push(answerWith(302, { location: `/base/${NAME}?signed=1` }));
    await setup.fetch();
    expect(setup.server.requests).toHaveLength(2);
  });

  it.each([
    ['to another scheme', 'ftp://127.0.0.1/x', /another kind of address \(ftp:\)/],
    ['to a file', 'file:///etc/passwd', /another kind of address \(file:\)/],
    ['to another host without encryption', 'http://example.invalid/x', /not encrypted/],
  ])('redirects %s is refused', async (_, location, message) => {
    const setup = await setUp();
    setup.server.next.push(answerWith(302, { location }));
    expect((await reasonOf(setup.fetch())).message).toMatch(message);
    expect(setup.server.requests).toHaveLength(1);
  });

  it('redirects in a circle is refused', async () => {
    const setup = await setUp();
    setup.server.next.push(...Array.from({ length: 30 }, () => answerWith(302, { location: `/base/${NAME}` })));
    expect((await reasonOf(setup.fetch())).message).toContain('more than 10 times');
  });

  it('cannot be reached is told of', async () => {
    const setup = await setUp({ clock: quickClock });
    const error = await reasonOf(setup.fetcher.fetch('http://127.0.0.1:1/', FILE));
    expect(DownloadError.isInstance(error)).toBe(true);
    expect(error.message).toContain('cannot be reached');
  });
});
