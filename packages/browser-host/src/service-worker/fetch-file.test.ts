import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { fetchFile } from './fetch-file.js';

const CONTENT = new TextEncoder().encode('the file of the list');
const FILE = {
  path: 'ort.wasm',
  bytes: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
};
const never = { sleep: () => new Promise<void>(() => undefined) };
const atOnce = { sleep: () => Promise.resolve() };

/** What the HTTP cache and the server have. */
function fetchFrom(answers: Partial<Record<RequestCache, () => Response | Promise<Response>>>) {
  const asked: (RequestCache | undefined)[] = [];
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    asked.push(init?.cache);
    return answers[init!.cache!]!();
  };
  return { asked, fetch: fetch as typeof globalThis.fetch };
}
const get = (fetch: typeof globalThis.fetch, clock = never, onBytes?: (bytes: number) => void) =>
  fetchFile({ file: FILE, url: 'https://kiosk.example/ort.wasm', fetch, clock, ...(onBytes && { onBytes }) });

it('keeps the headers of the server, and leaves out those of the way', async () => {
  const headers = {
    'content-type': 'application/octet-stream',
    'content-encoding': 'gzip',
    'content-length': '7',
    vary: '*',
    'content-security-policy': "default-src 'none'",
    etag: '"1"',
  };
  const { fetch } = fetchFrom({ default: () => new Response(CONTENT, { headers }) });
  const answer = await get(fetch);
  expect(Object.fromEntries(answer.headers)).toEqual({
    'content-type': 'application/wasm',
    'content-length': String(CONTENT.length),
    'content-security-policy': "default-src 'none'",
    etag: '"1"',
  });
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(CONTENT);
});

it.each([
  ['an older file', 'the file of a list gone'],
  ['half of it', 'the file of'],
  ['more than it', 'the file of the list and more'],
  ['nothing', ''],
])('asks the server itself when the HTTP cache has %s', async (_, text) => {
  let bytes = 0;
  const { asked, fetch } = fetchFrom({ default: () => new Response(text), reload: () => new Response(CONTENT) });
  await get(fetch, never, (more) => (bytes += more));
  expect(asked).toEqual(['default', 'reload']);
  expect(bytes).toBe(CONTENT.length);
});

it('refuses what is another file', async () => {
  const wrong = () => new Response('<!doctype html><title>Sign in</title>');
  const { fetch } = fetchFrom({ default: wrong, reload: wrong });
  await expect(get(fetch)).rejects.toMatchObject({
    code: 'ARTIFACT_CORRUPT',
    message: expect.stringContaining('https://kiosk.example/ort.wasm is not the file'),
  });
});

it.each([
  ['has no such file', never, () => new Response('', { status: 404 }), 'status 404'],
  ['cannot be reached', never, () => Promise.reject(new TypeError('Failed to fetch')), 'Failed to fetch'],
  ['does not answer', atOnce, () => new Promise<Response>(() => undefined), 'it does not answer'],
])('says so when the server %s', async (_, clock, answer, why) => {
  const { asked, fetch } = fetchFrom({ default: answer });
  await expect(get(fetch, clock)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining(why),
  });
  expect(asked).toEqual(['default']);
});

it('gives up what stops in the middle', async () => {
  let naps = 0;
  // The answer comes in time, and its first bytes; the rest never does.
  const clock = { sleep: () => (++naps > 2 ? Promise.resolve() : new Promise<void>(() => undefined)) };
  const body = new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(CONTENT.slice(0, 5)) });
  const { fetch } = fetchFrom({ default: () => new Response(body) });
  await expect(get(fetch, clock)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('it stopped in the middle'),
  });
});
