import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CACHE_SETTINGS } from '../../cache/cache-settings.js';
import { createMemoryResponseCache } from '../../cache/memory-response-cache.js';
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { createForwardCache, type ForwardAsk, type ForwardCache } from './forward-cache.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const answerOf = (reason: string | null, choices = 1): string =>
  JSON.stringify({ choices: Array.from({ length: choices }, () => ({ finish_reason: reason, message: {} })) });

const CHAT: ForwardAsk = {
  endpoint: { id: 'site', placement: 'site' },
  body: { messages: [{ role: 'user', content: 'hello' }], temperature: 0 },
  tenant: 'alice',
  wish: undefined,
};

let cache: ForwardCache;
let ledger: ReturnType<typeof createMemoryLedger>;
let clock: FakeClock;
let body: string;
let computed: number;
let identity: string;
let failures: unknown[];

beforeEach(() => {
  [body, computed, identity, failures, clock] = [answerOf('stop'), 0, 'e1', [], createFakeClock()];
  ledger = createMemoryLedger();
  cache = createForwardCache({
    store: createMemoryResponseCache(),
    settings: DEFAULT_CACHE_SETTINGS,
    identity: () => identity,
    clock,
    startHash,
    ledger,
    newId: () => 'again',
    catalogRevision: () => 'c1',
    onFailure: (error) => failures.push(error),
  });
});

const ask = async (changed: Partial<ForwardAsk> = {}) => {
  const answer = await cache.answer({ ...CHAT, ...changed }, async () => {
    computed++;
    return { requestId: `computed-${computed}`, contentType: 'application/json', body, costUsd: 0.5, tokens: 9 };
  });
  // Of what is kept behind the caller's back.
  await new Promise((resolve) => setTimeout(resolve));
  return answer;
};

describe('a chat that is passed on', () => {
  it('is answered from memory when it comes again, word for word', async () => {
    expect((await ask()).outcome).toBe('miss');
    const again = {
      requestId: 'again',
      contentType: 'application/json',
      body,
      costUsd: 0,
      tokens: 0,
      outcome: 'exact',
    };
    expect(await ask()).toEqual(again);
    expect(computed).toBe(1);
  });

  it('is a request of the ledger when it is answered again, which costs nothing', async () => {
    await ask();
    await ask();
    await cache.flush();
    expect(await ledger.outcomes({ limit: 9 })).toEqual([
      expect.objectContaining({
        requestId: 'again',
        task: 'chat',
        tier: 'site',
        key: 'alice',
        catalogRevision: 'c1',
        costUsd: 0,
        tokens: 0,
        textBytes: JSON.stringify(CHAT.body).length,
        cache: { kind: 'exact', savedUsd: 0.5, savedTokens: 9, savedMs: 0 },
      }),
    ]);
  });

  it.each<[string, Partial<ForwardAsk>]>([
    ['another key', { tenant: 'bob' }],
    ['no key', { tenant: '' }],
    ['another endpoint', { endpoint: { id: 'cloud', placement: 'cloud' } }],
    ['another parameter', { body: { ...CHAT.body, top_p: 0.5 } }],
    ['another text', { body: { ...CHAT.body, messages: [] } }],
  ])('is another one with %s', async (_, changed) => {
    await ask();
    expect((await ask(changed)).outcome).toBe('miss');
  });

  it('is another one when endpoints have changed', async () => {
    await ask();
    identity = 'e2';
    expect((await ask()).outcome).toBe('miss');
  });

  it.each<[string, Partial<ForwardAsk>]>([
    ['draws at random', { body: { messages: [] } }],
    ['draws twice', { body: { ...CHAT.body, n: 2 } }],
    ['is streamed', { body: { ...CHAT.body, stream: true } }],
    ['says so', { wish: 'off' }],
  ])('is neither looked up nor kept where it %s', async (_, changed) => {
    expect((await ask(changed)).outcome).toBe('bypass');
    expect((await ask(changed)).outcome).toBe('bypass');
  });

  it('is computed anew where it says so', async () => {
    await ask();
    body = answerOf('length');
    expect((await ask({ wish: 'refresh' })).outcome).toBe('miss');
    expect((await ask()).body).toBe(body);
  });

  it.each([
    ['a tool call', answerOf('tool_calls')],
    ['what was filtered', answerOf('content_filter')],
    ['what has no end', answerOf(null)],
    ['two answers', answerOf('stop', 2)],
    ['an error', '{"error":{"message":"busy"},"choices":[{"finish_reason":"stop"}]}'],
    ['no JSON', 'busy'],
    ['null', 'null'],
    ['null for an answer', '{"choices":[null]}'],
  ])('of which %s comes back is not kept', async (_, answer) => {
    body = answer;
    await ask();
    expect((await ask()).outcome).toBe('miss');
    expect(failures).toEqual([]);
  });

  it('is not kept when it was computed from what has been forgotten since', async () => {
    let answered = (): void => undefined;
    const slow = cache.answer(CHAT, async () => {
      await new Promise<void>((resolve) => (answered = resolve));
      return { requestId: 'slow', contentType: 'application/json', body, costUsd: 0, tokens: 0 };
    });
    await new Promise((resolve) => setTimeout(resolve));
    await cache.settle();
    answered();
    await slow;
    expect((await ask()).outcome).toBe('miss');
    expect((await ask()).outcome).toBe('exact');
  });

  it('is another one with a schema that has its fields in another order', async () => {
    const schema = (properties: object) => ({ body: { ...CHAT.body, response_format: { properties } } });
    await ask(schema({ why: {}, answer: {} }));
    expect((await ask(schema({ answer: {}, why: {} }))).outcome).toBe('miss');
    const { temperature, messages } = CHAT.body;
    await ask();
    expect((await ask({ body: { temperature, messages } })).outcome).toBe('exact');
  });

  it('is passed on though it is nested too deeply to be a key', async () => {
    let deep: object = {};
    for (let i = 0; i < 50_000; i++) deep = { items: deep };
    expect((await ask({ body: { ...CHAT.body, tools: [deep] } })).outcome).toBe('bypass');
  });

  it('fails as it failed, and the next one is computed', async () => {
    const broken = (): Promise<never> => Promise.reject(new Error('busy'));
    await expect(cache.answer(CHAT, broken)).rejects.toThrow('busy');
    expect((await ask()).outcome).toBe('miss');
  });
});
