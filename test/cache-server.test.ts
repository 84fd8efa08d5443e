import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LedgerReport } from '@terrace/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { terrace } from './support/run-cli.js';
import { startScriptedUpstream, type ScriptedUpstream } from './support/scripted-upstream.js';
import { startServe, type ServeProcess } from './support/serve.js';
import { bringDevice } from './support/temporary-home.js';

const LONG_MS = 30_000;
const ANSWER = 'Because air scatters short waves more.';
const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-cache-'));
bringDevice(home);

let upstream: ScriptedUpstream;
let server: ServeProcess;
const tokens: Record<string, string> = {};

const start = async (): Promise<void> => {
  server = await startServe(home, [], { TERRACE_CACHE: 'on' });
};
const kill = async (): Promise<void> => {
  const ended = once(server.process, 'exit');
  server.process.kill('SIGKILL');
  await ended;
};

beforeAll(async () => {
  upstream = await startScriptedUpstream({
    models: ['writer-1'],
    chat: () => ({ content: ANSWER, usage: { prompt: 12, completion: 7 } }),
  });
  const endpoint = ['--model', 'writer-1', '--protocol', 'openai', '--placement', 'site'];
  for (const flags of [
    ['--id', 'writer', '--task', 'text-generation'],
    ['--id', 'gate'],
  ]) {
    const added = await terrace(['tiers', 'add', upstream.url, ...endpoint, ...flags], { home });
    expect([added.code, added.stderr]).toEqual([0, '']);
  }
  for (const name of ['desk', 'shop']) {
    const added = await terrace(['serve', 'keys', 'add', name, '--json'], { home });
    tokens[name] = added.json<{ token: string }>().token;
  }
  await start();
}, LONG_MS);
afterAll(async () => {
  server?.process.kill('SIGKILL');
  await upstream?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Told {
  readonly cache: string | null;
  readonly requestId: string;
  readonly costUsd: number;
  readonly body: string;
  /** What the assistant says, of a stream all of it together. */
  readonly content: string;
}

async function chat(
  model: string,
  text: string,
  { key = 'desk', more = {}, headers = {} }: { key?: string; more?: object; headers?: Record<string, string> } = {},
): Promise<Told> {
  const reply = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[key]}`, ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: text }], ...more }),
  });
  const body = await reply.text();
  expect([reply.status, body]).toEqual([200, expect.anything()]);
  const pieces = body.startsWith('data:') ? body.split('\n\n').filter((each) => each.startsWith('data: {')) : [];
  const content = pieces.length > 0 ? pieces.map(pieceOf).join('') : contentOf(body);
  return {
    cache: reply.headers.get('x-terrace-cache'),
    requestId: reply.headers.get('x-terrace-request-id')!,
    costUsd: Number(reply.headers.get('x-terrace-cost-usd')),
    body,
    content,
  };
}

interface Choices<T> {
  readonly choices: readonly T[];
}
const contentOf = (body: string): string =>
  (JSON.parse(body) as Choices<{ message: { content: string } }>).choices[0]!.message.content;
const pieceOf = (event: string): string =>
  (JSON.parse(event.slice(6)) as Choices<{ delta: { content?: string | null } }>).choices[0]?.delta.content ?? '';

/** Answers are kept behind the caller's back: asks until this one is. */
const untilKept = (...asked: Parameters<typeof chat>): Promise<Told> =>
  vi.waitFor(
    async () => {
      const told = await chat(...asked);
      expect(told.cache).toBe('exact');
      return told;
    },
    { timeout: 5000, interval: 50 },
  );

const LABELS = 'terrace/auto:clinc150';
const TEXT = 'terrace/text';

describe('a server with a cache', { timeout: LONG_MS }, () => {
  it('answers the same request from memory, to the same key', async () => {
    const first = await chat(LABELS, 'how do i freeze my card');
    expect(first.cache).toBe('miss');
    const second = await untilKept(LABELS, 'how do i freeze my card');
    expect(second.content).toBe(first.content);
    expect(second.requestId).not.toBe(first.requestId);
    expect(await chat(LABELS, 'how do i freeze my card', { key: 'shop' })).toMatchObject({ cache: 'miss' });
  });

  it('replays a chat in text, whole and as a stream, and asks nobody for it', async () => {
    await chat(TEXT, 'why is the sky blue');
    await untilKept(TEXT, 'why is the sky blue');
    const asked = upstream.counts.chat;
    const streamed = await chat(TEXT, 'why is the sky blue', { more: { stream: true } });
    expect(streamed).toMatchObject({ cache: 'exact', content: ANSWER });
    expect(streamed.body.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await chat(TEXT, 'why is the sky blue')).toMatchObject({ cache: 'exact', content: ANSWER, costUsd: 0 });
    expect(upstream.counts.chat).toBe(asked);
    const system = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'why is the sky blue' },
    ];
    expect(await chat(TEXT, '', { more: { messages: system } })).toMatchObject({ cache: 'miss' });
  });

  it('computes what must not be kept, and what is wanted anew', async () => {
    const fresh = (headers: Record<string, string>, more = {}) => chat(TEXT, 'what is rain', { headers, more });
    expect(await fresh({ 'cache-control': 'no-store' })).toMatchObject({ cache: 'bypass' });
    expect(await fresh({})).toMatchObject({ cache: 'miss' });
    await untilKept(TEXT, 'what is rain');
    const asked = upstream.counts.chat;
    expect(await fresh({ 'cache-control': 'no-cache' })).toMatchObject({ cache: 'miss' });
    expect(await fresh({ 'cache-control': 'no-store' })).toMatchObject({ cache: 'bypass' });
    expect(await fresh({}, { temperature: 1 })).toMatchObject({ cache: 'bypass' });
    expect(upstream.counts.chat).toBe(asked + 3);
  });

  it('answers chats from memory that it passes on', async () => {
    expect(await chat('gate', 'who are you', { more: { temperature: 1 } })).toMatchObject({ cache: 'bypass' });
    expect(await chat('gate', 'who are you', { more: { temperature: 0 } })).toMatchObject({ cache: 'miss' });
    const again = await untilKept('gate', 'who are you', { more: { temperature: 0 } });
    expect(again).toMatchObject({ content: ANSWER, costUsd: 0 });
    const asked = upstream.counts.chat;
    const more = { temperature: 0, stream: true };
    // Long enough that the second one comes meanwhile.
    upstream.script({ delayMs: 200 });
    const both = await Promise.all([chat('gate', 'who are you', { more }), chat('gate', 'who are you', { more })]);
    expect(both.map(({ cache }) => cache).toSorted()).toEqual(['exact', 'miss']);
    upstream.script({ delayMs: 0 });
    const streamed = await untilKept('gate', 'who are you', { more });
    expect([...both, streamed].map(({ content }) => content)).toEqual([ANSWER, ANSWER, ANSWER]);
    expect(streamed.body).toBe(both[0]!.body);
    expect(upstream.counts.chat).toBe(asked + 1);
  });

  it('has kept what it answered when it is killed, and forgets what a command says', async () => {
    await kill();
    await start();
    expect(await chat(TEXT, 'why is the sky blue')).toMatchObject({ cache: 'exact', content: ANSWER });
    const file = path.join(home, 'cache.db');
    expect(statSync(file).mode & 0o077).toBe(0);
    const { entries } = (await terrace(['cache', 'stats', '--json'], { home })).json<{ entries: number }>();
    expect(entries).toBeGreaterThanOrEqual(4);
    const cleared = (await terrace(['cache', 'clear', '--json'], { home })).json<{ forgotten: number }>();
    expect(cleared.forgotten).toBe(entries);
    expect(await chat(TEXT, 'why is the sky blue')).toMatchObject({ cache: 'miss' });
    const { cache } = (await terrace(['report', '--json'], { home })).json<LedgerReport>();
    expect(cache.exact.count).toBeGreaterThanOrEqual(3);
    expect(cache.savedTokens).toBeGreaterThan(0);
  });

  it('starts a new cache where the file is damaged, and answers meanwhile', async () => {
    await kill();
    for (const name of ['cache.db-wal', 'cache.db-shm']) rmSync(path.join(home, name), { force: true });
    writeFileSync(path.join(home, 'cache.db'), 'this is no database, and was one '.repeat(400));
    await start();
    expect(await chat(TEXT, 'why is the sky blue')).toMatchObject({ cache: 'miss', content: ANSWER });
    await untilKept(TEXT, 'why is the sky blue');
    expect(readdirSync(home).some((name) => name.startsWith('cache.corrupt-'))).toBe(true);
  });
});
