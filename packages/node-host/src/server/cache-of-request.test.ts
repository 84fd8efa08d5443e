import type { CacheOutcome } from '@terrace/core/cache';
import { exampleCatalog, exampleTextModel } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { cacheWishOf, worse } from './cache-of-request.js';
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
    ['no-cache', 'refresh'],
    [' No-Cache , max-age=0', 'refresh'],
    ['no-cache, no-store', 'off'],
    ['x-no-store', undefined],
    [',,,', undefined],
  ])('is read of "%s"', (control, wish) => {
    expect(cacheWishOf(control)).toBe(wish);
  });

  it('comes to the runtime, and nothing comes to one without a cache', async () => {
    const { app, wishes } = await start('miss', 'bypass', 'exact');
    await app.inject({ ...chat('auto:bank'), headers: { 'cache-control': 'no-cache' } });
    await app.inject({ ...chat('terrace/text'), headers: { 'cache-control': 'no-store' } });
    await app.inject(chat('auto:bank'));
    expect(wishes).toEqual(['refresh', 'off', undefined]);
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
