import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openSqliteLedger, systemClock } from '@terrace/node-host';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy, type FaultProxy } from './support/fault-proxy.js';
import { terrace } from './support/run-cli.js';
import type { ScriptedReply } from './support/scripted-chat.js';
import { startScriptedUpstream, type ScriptedUpstream } from './support/scripted-upstream.js';
import { startServe, type ServeProcess } from './support/serve.js';
import { bringDevice } from './support/temporary-home.js';

const LONG_MS = 30_000;
const KEY = 'sk-of-the-provider-c09f31';
const CLIENT_KEY = 'key-of-the-client';
const QUESTION = 'why is the sky blue';
const ANSWER = 'Because air scatters short waves more.';
const REPLY: ScriptedReply = { content: ANSWER, usage: { prompt: 40, completion: 9 } };
/** Of the reply, at 2 and 8 dollars a million tokens. */
const PRICE_USD = (40 * 2 + 9 * 8) / 1e6;

let upstream: ScriptedUpstream;
let proxy: FaultProxy;
let server: ServeProcess;
const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-gateway-'));
bringDevice(home);

beforeAll(async () => {
  upstream = await startScriptedUpstream({ models: ['writer-1'], chat: () => REPLY });
  proxy = await startFaultProxy({ target: upstream.url.replace(/\/v1$/, '') });
  const env = { [`TERRACE_KEY_127_0_0_1_${proxy.port}`]: KEY };
  const flags = ['--id', 'writer', '--model', 'writer-1', '--protocol', 'openai', '--placement', 'cloud'];
  const prices = ['--price-input', '2', '--price-output', '8'];
  const added = await terrace(['tiers', 'add', `${proxy.url}/v1`, ...flags, ...prices], { home, env });
  expect([added.code, added.stderr]).toEqual([0, '']);
  server = await startServe(home, [], env);
}, LONG_MS);
afterAll(async () => {
  server?.process.kill('SIGKILL');
  await Promise.all([proxy?.close(), upstream?.close()]);
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => upstream.script({ chat: () => REPLY, delayMs: 0 }));

const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
const asked = (more: object = {}) => ({
  model: 'writer',
  messages: [{ role: 'user' as const, content: QUESTION }],
  ...more,
});
const chat = (more: object = {}, headers: Record<string, string> = {}) =>
  client().chat.completions.create(asked(more), { headers });

const streamed = () => client().chat.completions.create({ ...asked(), stream: true });

/** How a call is refused. */
async function refusal(call: PromiseLike<unknown>): Promise<APIError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof APIError)) throw new Error('it was not refused', { cause: error });
  return error;
}

/** The value of one line of the metrics. */
async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return text
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);
}

/** Resolves when chats are answered again. */
async function isBack(): Promise<void> {
  const works = (): Promise<boolean> =>
    chat().then(
      () => true,
      () => false,
    );
  await expect.poll(works, { timeout: LONG_MS, interval: 50 }).toBe(true);
}

describe('a chat with an endpoint', { timeout: LONG_MS }, () => {
  it('goes there as it came, under the names and the key that it knows', async () => {
    const more = { temperature: 0.7, seed: 7, user: 'u-1', thinking: { budget: 3 } };
    const { data, response } = await chat(more).withResponse();
    expect(data.choices[0]).toMatchObject({ message: { content: ANSWER }, finish_reason: 'stop' });
    expect(data.usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 9 });
    const { body, headers } = upstream.requests.at(-1)!;
    expect(body).toEqual({ ...asked(more), model: 'writer-1' });
    expect(headers['authorization']).toBe(`Bearer ${KEY}`);
    expect(JSON.stringify(headers)).not.toContain(CLIENT_KEY);
    expect(response.headers.get('x-terrace-tier')).toBe('writer');
    expect(response.headers.get('x-terrace-placement')).toBe('cloud');
    expect(Number(response.headers.get('x-terrace-cost-usd'))).toBeCloseTo(PRICE_USD, 12);
  });

  it('is answered with tools as well', async () => {
    upstream.script({ chat: () => ({ content: null, toolCall: { name: 'look_up', arguments: { word: 'sky' } } }) });
    const tools = [{ type: 'function' as const, function: { name: 'look_up', parameters: { type: 'object' } } }];
    const { choices } = await chat({ tools });
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls' });
    expect(upstream.requests.at(-1)!.body).toMatchObject({ tools });
  });

  it('is streamed as it comes', async () => {
    upstream.script({ delayMs: 20 });
    const stream = client().chat.completions.stream(asked({ stream_options: { include_usage: true } }));
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices[0]!.message.content).toBe(ANSWER);
    expect(pieces.length).toBeGreaterThan(3);
    expect(usage).toMatchObject({ completion_tokens: 9 });
  });

  it('is among the models, and classifies nothing', async () => {
    const ids = (await client().models.list()).data.map(({ id }) => id);
    expect(ids).toContain('writer');
    expect(ids.filter((id) => id.startsWith('writer:'))).toEqual([]);
  });

  it('is kept out of what may not leave so far, before anything is sent', async () => {
    const { connections } = upstream.counts;
    const { requests } = proxy.counts;
    for (const place of ['device', 'site']) {
      const refused = await refusal(chat({}, { 'x-terrace-residency': place }));
      expect(refused).toMatchObject({ status: 403, code: 'residency', type: 'permission_error' });
    }
    expect([upstream.counts.connections, proxy.counts.requests]).toEqual([connections, requests]);
    expect((await chat({}, { 'x-terrace-residency': 'cloud' })).choices).toHaveLength(1);
  });
});

describe('an endpoint that fails', { timeout: LONG_MS }, () => {
  const failing =
    (status: number, headers: Record<string, string> = {}) =>
    () => ({
      status,
      headers,
      body: { error: { message: 'words of the provider', type: 'its own', code: 'its_own' } },
    });

  it.each([
    ['fails', failing(500), 502, 'endpoint_failed'],
    ['has too much to do', failing(503, { 'retry-after': '1' }), 503, 'endpoint_overloaded'],
    ['has had enough of us', failing(429, { 'retry-after': '1' }), 503, 'endpoint_overloaded'],
    ['does not know our key', failing(401), 502, 'endpoint_refused'],
    ['does not take what the client asks', failing(400), 400, 'endpoint_refused'],
  ])('because it %s is told in the form of the API, without its words', async (_, script, status, code) => {
    await isBack();
    upstream.script({ chat: script });
    const refused = await refusal(chat());
    expect(refused).toMatchObject({ status, code });
    expect(JSON.stringify(refused.error)).not.toContain('words of the provider');
    if (status === 503) expect(refused.headers?.get('retry-after')).toBe('1');
  });

  it('with a page of somebody else is left alone until it is well again', async () => {
    await isBack();
    proxy.setFaults({ rates: { html: 1 } });
    expect(await refusal(chat())).toMatchObject({ status: 502, code: 'remote_answer_invalid' });
    const { chat: before } = upstream.counts;
    expect(await refusal(chat())).toMatchObject({ status: 502, code: 'endpoint_unreachable' });
    expect(await metric('terrace_endpoint_up{endpoint="writer"}')).toBe('0');
    expect(upstream.counts.chat).toBe(before);
    proxy.setFaults({ rates: {} });
    await isBack();
    expect(await metric('terrace_endpoint_up{endpoint="writer"}')).toBe('1');
  });

  it('in the middle of a stream ends the stream, not the server', async () => {
    await isBack();
    proxy.setFaults({ rates: { 'reset-mid-body': 1 } });
    const read = async (): Promise<string> => {
      let text = '';
      const stream = await streamed();
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      return text;
    };
    await expect(read()).rejects.toThrow();
    proxy.setFaults({ rates: {} });
    await isBack();
  });
});

describe('a client that leaves', { timeout: LONG_MS }, () => {
  it('in the middle of a stream takes the question back', async () => {
    await isBack();
    upstream.script({ delayMs: 100, chat: () => ({ content: 'word '.repeat(1000) }) });
    const { cancelled } = upstream.counts;
    const stream = await streamed();
    for await (const _ of stream) break;
    stream.controller.abort();
    await expect.poll(() => upstream.counts.cancelled, { timeout: LONG_MS }).toBe(cancelled + 1);
  });

  it('before the answer takes the question back', async () => {
    upstream.script({ delayMs: 60_000 });
    const { cancelled, chat: before } = upstream.counts;
    const leave = new AbortController();
    const call = client().chat.completions.create(asked(), { signal: leave.signal });
    call.catch(() => undefined);
    await expect.poll(() => upstream.counts.chat, { timeout: LONG_MS }).toBe(before + 1);
    leave.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => upstream.counts.cancelled, { timeout: LONG_MS }).toBe(cancelled + 1);
  });
});

describe('what is left of a chat', { timeout: LONG_MS }, () => {
  it('is a count, a line of the log and a row of the ledger, and no word of it', async () => {
    await isBack();
    const counted = async (): Promise<number> =>
      Number(await metric('terrace_http_requests_total{api="openai",status="200"}'));
    const before = await counted();
    const { response } = await chat().withResponse();
    expect(await counted()).toBe(before + 1);
    const requestId = response.headers.get('x-terrace-request-id')!;
    await expect.poll(() => server.log(), { timeout: LONG_MS }).toContain(requestId);
    const line = server
      .log()
      .split('\n')
      .find((each) => each.includes(requestId))!;
    expect(JSON.parse(line)).toMatchObject({ status: 200, tier: 'writer', placement: 'cloud' });

    const ledger = await openSqliteLedger({ file: path.join(home, 'ledger.db'), clock: systemClock });
    try {
      await expect.poll(() => ledger.outcome(requestId), { timeout: 5000 }).toBeDefined();
      const record = (await ledger.outcome(requestId))!;
      expect(record).toMatchObject({ task: 'chat', tier: 'writer', placement: 'cloud', verdict: 'accept', tokens: 49 });
      expect(record.costUsd).toBeCloseTo(PRICE_USD, 12);
      expect(record.sentBytes).toBeGreaterThan(0);
    } finally {
      await ledger.close();
    }
    const written = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => readFileSync(path.join(each.parentPath, each.name), 'latin1'))
      .join('');
    for (const secret of [QUESTION, ANSWER, KEY, CLIENT_KEY]) expect(written + server.log()).not.toContain(secret);
  });
});
