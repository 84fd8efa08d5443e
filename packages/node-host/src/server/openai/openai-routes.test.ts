import type { Result } from '@terrace/core';
import { exampleCatalog, fakeSha } from '@terrace/core/testing';
import { describe, expect, it, vi } from 'vitest';
import type { ServerContext } from '../server-context.js';
import { exampleResult } from '../testing/fake-runtime.js';
import { startServer } from '../testing/start-server.js';
import { openAiRoutes } from './openai-routes.js';

const catalog = exampleCatalog();
const SITE = {
  id: 'site-llm',
  placement: 'site' as const,
  protocol: 'openai' as const,
  url: 'http://127.0.0.1:1/v1',
  model: 'llm',
  tasks: ['text-classification' as const],
  language: ['mul'],
  price: { currency: 'USD', usdPerUnit: 1, perCall: 0, perMillionInputTokens: 0, perMillionOutputTokens: 0 },
  timeoutMs: 1000,
  contentId: fakeSha('site'),
};
const withSite = { ...catalog, endpoints: [SITE] };

const start = (options: Parameters<typeof startServer>[0] = {}) =>
  startServer({ routes: [openAiRoutes], catalog: () => withSite, ...options });
const post = (url: string, payload: object | string, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } }) as const;
const chat = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'hi' }], ...more });

/** A door that lets everybody in as the same key. */
const as = (access: Partial<ReturnType<ServerContext['access']>>) => ({
  admit: () => ({ key: 'tester', models: undefined, residency: 'cloud' as const, ...access }),
});

describe('models', () => {
  it('are those the key may use', async () => {
    const { app } = await start({ door: as({ models: ['base*', 'terrace/auto:bank'] }) });
    const { data } = (await app.inject('/v1/models')).json<{ data: { id: string }[] }>();
    expect(data.map(({ id }) => id).toSorted()).toEqual(['base', 'base:bank', 'terrace/auto:bank']);
    expect((await app.inject('/v1/models/nano')).statusCode).toBe(403);
  });

  it('are listed with what can be asked of them', async () => {
    const { app } = await start();
    const { data } = (await app.inject('/v1/models')).json<{ data: { id: string; tasks: string[] }[] }>();
    const tasks = new Map(data.map((model) => [model.id, model.tasks]));
    // It would only make embeddings, and a ladder makes none.
    expect(tasks.has('terrace/auto')).toBe(false);
    expect(tasks.get('terrace/auto:bank')).toEqual(['text-classification']);
    expect(tasks.get('base')).toEqual(['feature-extraction']);
    expect(tasks.has('site-llm')).toBe(true);
  });

  it('are found with and without an escaped slash', async () => {
    const { app } = await start();
    for (const id of ['terrace/auto:bank', 'terrace%2Fauto%3Abank', 'auto:bank']) {
      expect((await app.inject(`/v1/models/${id}`)).json()).toMatchObject({
        id: 'terrace/auto:bank',
        domain: 'bank',
        labels: 5,
        tasks: expect.arrayContaining(['text-classification']),
      });
    }
    expect((await app.inject('/v1/models/site-llm')).json()).toMatchObject({ placement: 'site', dimensions: null });
  });
});

describe('chats', () => {
  it('come to the runtime with what name, headers and key say', async () => {
    const { app, asked } = await start({ door: as({ residency: 'site' }) });
    const headers = { 'x-terrace-deadline-ms': '50', 'x-terrace-priority': 'high', 'x-terrace-max-cost-usd': '0' };
    await app.inject(post('/v1/chat/completions', chat('base:bank/cards'), headers));
    expect(asked[0]!.input).toMatchObject({
      task: 'text-classification',
      text: 'hi',
      policy: 'base',
      domain: 'bank',
      subDomain: 'cards',
      deadlineMs: 50,
      maxCostUsd: 0,
      residency: 'site',
      priority: 'high',
    });
  });

  it('are sent as events where they are streamed, with the headers of the answer', async () => {
    const { app } = await start();
    const { headers, body } = await app.inject(post('/v1/chat/completions', chat('auto:bank', { stream: true })));
    expect(headers['content-type']).toContain('text/event-stream');
    expect(headers['x-terrace-tier']).toBe('nano');
    expect(body.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('are refused with a status also where they are streamed', async () => {
    const { app } = await start();
    const reply = await app.inject(post('/v1/chat/completions', chat('auto', { stream: true })));
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toMatchObject({ error: { code: 'domain_required', param: 'model' } });
  });

  it('are not run when the answer could not be told in the asked form', async () => {
    const { app, asked } = await start();
    const schema = { type: 'object', properties: { label: { enum: ['none of them'] } } };
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema } };
    const reply = await app.inject(post('/v1/chat/completions', chat('auto:bank', { response_format })));
    expect(reply.json()).toMatchObject({ error: { code: 'unsupported_schema' } });
    expect(asked).toHaveLength(0);
  });

  it('are passed on as they came when they are with an endpoint itself', async () => {
    const forward = vi.fn<NonNullable<ServerContext['forward']>>(async (_, reply) => reply.send({ passed: 'on' }));
    const { app, asked } = await start({ forward, door: as({ residency: 'site' }) });
    const body = chat('site-llm', { tools: [{ type: 'custom' }], n: 3 });
    expect((await app.inject(post('/v1/chat/completions', body))).json()).toEqual({ passed: 'on' });
    expect(forward.mock.calls[0]![2]).toMatchObject({ endpoint: SITE, body, residency: 'site' });
    expect(asked).toHaveLength(0);
  });

  it('are classified when they name an endpoint with a domain', async () => {
    const forward = vi.fn<NonNullable<ServerContext['forward']>>();
    const { app, asked } = await start({ forward });
    await app.inject(post('/v1/chat/completions', chat('site-llm:bank')));
    expect(asked[0]!.input).toMatchObject({ policy: 'site-llm', domain: 'bank' });
    expect(forward).not.toHaveBeenCalled();
  });

  it('with an endpoint are refused to keys that may not use it, and where nothing passes them on', async () => {
    const forward = vi.fn<NonNullable<ServerContext['forward']>>();
    const locked = await start({ forward, door: as({ models: ['base'] }) });
    expect((await locked.app.inject(post('/v1/chat/completions', chat('site-llm')))).statusCode).toBe(403);
    expect(forward).not.toHaveBeenCalled();
    const { app } = await start();
    expect((await app.inject(post('/v1/chat/completions', chat('site-llm')))).json()).toMatchObject({
      error: { code: 'domain_required' },
    });
  });
});

describe('embeddings', () => {
  const vector = (text: string): Result['answer'] => ({ kind: 'embedding', vector: Float32Array.of(text.length, 0) });
  const embedding = async (options: Parameters<typeof start>[0] = {}) => {
    const asked: string[] = [];
    const run: ServerContext['runtime']['run'] = async ({ text }) => {
      asked.push(text);
      return exampleResult({ answer: vector(text), confidence: undefined, costUsd: 0.25 });
    };
    const server = await start({ runtime: { run }, ...options });
    return { ...server, asked };
  };

  it('are one each, in order, and cost what all cost', async () => {
    const { app } = await embedding();
    const input = Array.from({ length: 100 }, (_, i) => 'x'.repeat(i + 1));
    const reply = await app.inject(post('/v1/embeddings', { model: 'base', input }));
    const { data } = reply.json<{ data: { embedding: number[] }[] }>();
    expect(data.map(({ embedding: [first] }) => first)).toEqual(input.map(({ length }) => length));
    expect(reply.headers['x-terrace-cost-usd']).toBe('25');
  });

  it('are not made by a ladder', async () => {
    const { app, asked } = await embedding();
    for (const model of ['auto', 'terrace/auto:bank']) {
      const reply = await app.inject(post('/v1/embeddings', { model, input: 'a' }));
      expect(reply.json()).toMatchObject({ error: { param: 'model', type: 'invalid_request_error' } });
    }
    expect(asked).toEqual([]);
  });
});
