import type { CacheOutcome, CacheWish } from '@terrace/core/cache';
import { exampleCatalog, exampleEndpoint, exampleTextModel } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { cacheWishOf, worse } from './cache-of-request.js';
import { createForward } from './forward-chat.js';
import { oipRoutes } from './oip/oip-routes.js';
import { openAiRoutes } from './openai/openai-routes.js';
import type { AskedForText, AskedRuntime } from './server-context.js';
import { exampleResult } from './testing/fake-runtime.js';
import { createFakeText } from './testing/fake-text.js';
import { startServer } from './testing/start-server.js';

const base = exampleCatalog();
const catalog = { ...base, models: [...base.models, exampleTextModel('smol')] };

/** A server whose cache says these, one after the other. */
async function start(...outcomes: readonly CacheOutcome[]) {
  const left = [...outcomes];
  const wishes: unknown[] = [];
  const fake = createFakeText();
  const runtime: AskedRuntime = {
    async run({ cache }, { onCache } = {}) {
      wishes.push(cache);
      onCache?.(left.shift()!);
      return exampleResult();
    },
  };
  const text: AskedForText = {
    async run({ cache, ...input }, { onCache, ...options } = {}) {
      wishes.push(cache);
      onCache?.(left.shift()!);
      return fake.text.run(input, options);
    },
    async *stream({ cache, ...input }, { onCache, ...options } = {}) {
      wishes.push(cache);
      onCache?.(left.shift()!);
      return yield* fake.text.stream(input, options);
    },
  };
  const server = await startServer({
    runtime,
    text,
    isCached: true,
    catalog: () => catalog,
    routes: [openAiRoutes, oipRoutes],
  });
  return { ...server, wishes };
}

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } }) as const;
const chat = (model: string, more: object = {}) =>
  post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }], ...more });
const BYTES = { name: 'text', datatype: 'BYTES', shape: [1], data: ['hi'] };

describe('what a request says of the cache', () => {
  it.each([
    [undefined, undefined],
    ['max-age=60', undefined],
    ['no-cache', { refresh: true }],
    [' No-Cache , max-age=0', { refresh: true }],
    ['no-cache, no-store', 'off'],
    ['x-no-store', undefined],
    [',,,', undefined],
  ])('is read of "%s"', (control, wish) => {
    expect(cacheWishOf({ 'cache-control': control })).toEqual(wish);
  });

  const tags = { 'x-terrace-cache-tags': 'news, a:b' };
  const anew = { 'cache-control': 'no-cache' };
  it.each<[Record<string, string>, CacheWish | undefined, CacheWish | undefined]>([
    [tags, undefined, { tags: ['news', 'a:b'] }],
    [{ ...tags, 'x-terrace-cache-ttl-ms': '60000' }, undefined, { tags: ['news', 'a:b'], ttlMs: 60_000 }],
    [{ 'x-terrace-cache-tags': '' }, undefined, { tags: [''] }],
    [anew, { tags: ['a'], tenant: 'alice' }, { tags: ['a'], tenant: 'alice', refresh: true }],
    [tags, { tags: ['a'], ttlMs: 5 }, { tags: ['news', 'a:b'], ttlMs: 5 }],
    [tags, 'refresh', { refresh: true, tags: ['news', 'a:b'] }],
    [tags, 'off', 'off'],
    [anew, 'off', { refresh: true }],
    [{ 'cache-control': 'no-store', ...tags }, { tenant: 'alice' }, 'off'],
    [anew, 5 as never, 5 as never],
    [{}, { tenant: 'alice' }, { tenant: 'alice' }],
  ])('in the headers %o goes over what the body says, %o, and leaves the rest of that', (headers, said, wish) => {
    expect(cacheWishOf(headers, said)).toEqual(wish);
  });

  it.each(['', '0', '-5', '1e9', '60 s', '9'.repeat(99)])('is refused where a time is "%s"', (ttl) => {
    expect(() => cacheWishOf({ 'x-terrace-cache-ttl-ms': ttl })).toThrow(/x-terrace-cache-ttl-ms/);
  });

  it('as more tags than may be said is refused, and not cut', () => {
    const { tags: told } = cacheWishOf({ 'x-terrace-cache-tags': 'a,'.repeat(20) }) as { tags: string[] };
    expect(told).toHaveLength(17);
  });

  it('comes to the runtime, and nothing comes to one without a cache', async () => {
    const { app, wishes } = await start('miss', 'bypass', 'exact');
    await app.inject({ ...chat('auto:bank'), headers: { 'cache-control': 'no-cache' } });
    await app.inject({ ...chat('terrace/text'), headers: { 'cache-control': 'no-store' } });
    await app.inject(chat('auto:bank'));
    expect(wishes).toEqual([{ refresh: true }, 'off', undefined]);
    const plain = await startServer({ routes: [openAiRoutes], catalog: () => catalog });
    const { headers } = await plain.app.inject({ ...chat('auto:bank'), headers: { 'cache-control': 'no-cache' } });
    expect(plain.asked[0]!.input).not.toHaveProperty('cache');
    expect(headers).not.toHaveProperty('x-terrace-cache');
  });
});

describe('what became of a request at the cache', () => {
  it('is told with every kind of answer, of a stream before its first byte', async () => {
    const { app } = await start('exact', 'semantic', 'miss', 'exact');
    const told = async (request: ReturnType<typeof chat>) => (await app.inject(request)).headers['x-terrace-cache'];
    expect(await told(chat('auto:bank'))).toBe('exact');
    expect(await told(chat('terrace/text'))).toBe('semantic');
    expect(await told(chat('terrace/text', { stream: true }))).toBe('miss');
    expect(await told(post('/v2/models/base:bank/infer', { inputs: [BYTES] }))).toBe('exact');
    const metrics = (await app.inject('/metrics')).body;
    expect(metrics).toContain('terrace_cache_total{outcome="exact"} 2');
  });

  it('is the worst of several texts', async () => {
    expect(['exact', 'semantic', 'bypass'].reduce((a, b) => worse(a as CacheOutcome, b as CacheOutcome))).toBe(
      'semantic',
    );
    expect(worse('exact', 'miss')).toBe('miss');
    expect(worse('bypass', 'bypass')).toBe('bypass');
  });

  it('is not asked where an answer of certain weights is wanted: what was computed before does not tell', async () => {
    const { app, wishes } = await start('bypass');
    const { sha256 } = catalog.models.find(({ id }) => id === 'base')!.variants[0]!.weights;
    await app.inject(post(`/v2/models/base:bank/versions/${sha256.slice(0, 12)}/infer`, { inputs: [BYTES] }));
    expect(wishes).toEqual(['off']);
  });
});

describe('the native interface', () => {
  const facts = {
    kind: 'exact',
    ageMs: 5,
    from: 'a'.repeat(32),
    score: undefined,
    maxWrongHitRate: undefined,
    saved: { costUsd: 0.5, tokens: 9, durationMs: 80 },
  } as const;
  const wishes: unknown[] = [];
  const runtime: AskedRuntime = {
    async run({ cache }, { onCache } = {}) {
      wishes.push(cache);
      onCache?.('exact');
      return exampleResult({ cache: facts, trace: [] });
    },
  };

  it('takes what a request says of the cache, and tells where an answer is from', async () => {
    const { app } = await startServer({ runtime, isCached: true });
    const cache = { tags: ['news'], ttlMs: 1000 };
    const reply = await app.inject(post('/v1/infer', { text: 'a', cache }));
    expect(wishes).toEqual([cache]);
    expect(reply.json()).toMatchObject({ cache: { kind: 'exact', saved: facts.saved, score: null } });
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, object> }>();
    expect(JSON.stringify(paths['/v1/infer'])).toContain('"x-terrace-cache"');
    expect(JSON.stringify(paths['/v1/infer'])).toContain('"ttlMs"');
  });

  it('counts the tokens that the first answer has read', async () => {
    const { app } = await startServer({ runtime, isCached: true, routes: [openAiRoutes] });
    expect((await app.inject(chat('auto:bank'))).json()).toMatchObject({ usage: { prompt_tokens: 9 } });
  });
});

describe('a chat that is passed on', () => {
  const site = { ...exampleEndpoint({ id: 'site-llm' }), placement: 'site' as const, protocol: 'openai' as const };
  const forwarded = {
    requestId: 'f'.repeat(32),
    contentType: 'application/json',
    body: '{"ok":true}' as string | AsyncIterable<string>,
    usage: undefined,
    costUsd: 0.5,
    sentBytes: 9,
    redacted: {},
    spentBudget: undefined,
  };

  async function gateway(answers: readonly ('hit' | 'miss')[], body = forwarded.body) {
    const asks: unknown[] = [];
    const forward = createForward(
      { forward: async () => ({ ...forwarded, body }) },
      {
        async answer(ask, compute) {
          asks.push(ask);
          const isHit = answers[asks.length - 1] === 'hit';
          const again = { ...forwarded, requestId: 'a'.repeat(32), costUsd: 0 };
          return { ...(isHit ? again : await compute(undefined)), outcome: isHit ? 'exact' : 'miss' };
        },
      },
    );
    const served = { ...base, endpoints: [site] };
    const { app } = await startServer({ routes: [openAiRoutes], catalog: () => served, forward, isCached: true });
    return { app, asks };
  }

  it('is paid for once, and has an id of its own each time', async () => {
    const { app, asks } = await gateway(['miss', 'hit']);
    const [first, second] = [await app.inject(chat('site-llm')), await app.inject(chat('site-llm'))];
    expect([first.body, second.body]).toEqual([forwarded.body, forwarded.body]);
    expect(first.headers).toMatchObject({ 'x-terrace-cache': 'miss', 'x-terrace-cost-usd': '0.5' });
    expect(second.headers).toMatchObject({ 'x-terrace-cache': 'exact', 'x-terrace-cost-usd': '0' });
    expect(second.headers['x-terrace-request-id']).not.toBe(first.headers['x-terrace-request-id']);
    expect(asks[0]).toMatchObject({ endpoint: { id: 'site-llm' }, tenant: '', wish: undefined });
    expect((await app.inject('/metrics')).body).toContain('terrace_cache_total{outcome="exact"} 1');
  });

  it('is looked up as a stream as well, and told in pieces', async () => {
    const pieces = (async function* () {
      yield 'data: 1\n\n';
      yield 'data: [DONE]\n\n';
    })();
    const { app, asks } = await gateway(['miss'], pieces);
    const { body, headers } = await app.inject(chat('site-llm', { stream: true }));
    expect(body).toBe('data: 1\n\ndata: [DONE]\n\n');
    expect(headers['x-terrace-cache']).toBe('miss');
    expect(asks).toMatchObject([{ body: { stream: true }, signal: expect.any(AbortSignal) }]);
  });
});
