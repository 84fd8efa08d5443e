import {
  EndpointOverloadedError,
  InvalidRequestError,
  NoTierFitsError,
  OverloadedError,
  RequestQueuedError,
  RuntimeClosedError,
  StorageError,
  UnknownDomainError,
} from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { startServer } from './testing/start-server.js';

const json = { 'content-type': 'application/json' };
const post = (payload: string | object, headers: object = {}) =>
  ({
    method: 'POST',
    url: '/v1/infer',
    headers: { ...json, ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  }) as const;
const ask = { text: 'how much is left', domain: 'bank' };

describe('the server', () => {
  it('answers a request, and tells about it in headers', async () => {
    const { app, asked } = await startServer();
    const answer = await app.inject(post(ask));
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      requestId: expect.stringMatching(/^0+1$/),
      output: { kind: 'classification', label: 'balance' },
      tier: 'nano',
      placement: 'device',
      path: ['nano'],
      confidence: 0.91,
      verdict: { kind: 'accept', certificate: null, degraded: null },
      costUsd: 0.25,
      sentBytes: 0,
      queued: null,
      trace: [{ kind: 'run' }],
    });
    expect(answer.headers).toMatchObject({
      'x-terrace-tier': 'nano',
      'x-terrace-placement': 'device',
      'x-terrace-confidence': '0.9100',
      'x-terrace-cost-usd': '0.25',
      'x-terrace-request-id': expect.stringMatching(/^0+1$/),
    });
    expect(asked[0]!.input).toEqual({ ...ask, residency: 'cloud', priority: 'normal' });
  });

  it('gives each of a batch its result or its error', async () => {
    const { app } = await startServer();
    const bad = new InvalidRequestError({ message: 'The text is empty.', hint: 'Send one.' });
    const fake = await startServer();
    fake.behave = ({ text }) => {
      if (text === '') throw bad;
    };
    const answer = await fake.app.inject(post({ requests: [ask, { ...ask, text: '' }, 5] }));
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      results: [
        { result: { tier: 'nano' } },
        { error: { code: 'INVALID_REQUEST', message: 'The text is empty.' } },
        { error: { code: 'INVALID_REQUEST', message: 'A request is not a JSON object.' } },
      ],
    });
    const requests = Array.from({ length: 257 }, () => ask);
    for (const body of [{ requests: [] }, { requests }, { requests: 'x' }, { requests: [ask], other: 1 }])
      expect((await app.inject(post(body))).statusCode).toBe(400);
  });

  it.each([
    [new InvalidRequestError({ message: 'm', hint: 'h' }), 400],
    [new UnknownDomainError({ message: 'm', hint: 'h' }), 404],
    [new OverloadedError({ message: 'm', hint: 'h' }), 429],
    [new RuntimeClosedError({ message: 'm', hint: 'h' }), 503],
    [new NoTierFitsError({ message: 'm', hint: 'h', facts: { rejected: 2 } }), 503],
    [new NoTierFitsError({ message: 'm', hint: 'h', facts: { rejected: 0 } }), 422],
    [new EndpointOverloadedError({ message: 'm', hint: 'h', facts: { retryAfterMs: 2500 } }), 503],
  ])('refuses with %s as %i', async (error, status) => {
    const fake = await startServer();
    fake.behave = () => {
      throw error;
    };
    const answer = await fake.app.inject(post(ask));
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: { code: error.code, message: 'm', hint: 'h' } });
    const retries: Readonly<Record<string, string>> = { OVERLOADED: '1', ENDPOINT_OVERLOADED: '3' };
    if (error.code in retries) expect(answer.headers['retry-after']).toBe(retries[error.code]);
  });

  it('says of its own trouble no more than the code, and keeps the rest for the log', async () => {
    const fake = await startServer();
    fake.behave = () => Promise.reject(new StorageError({ message: '/var/x cannot be written', hint: 'h' }));
    const answer = await fake.app.inject(post(ask));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toContain('STORAGE_FAILED');
    expect(answer.body).not.toContain('/var/x');
    expect(fake.logged.join('')).toContain('/var/x');
  });

  it('accepts a request that was put off', async () => {
    const fake = await startServer({
      queued: async (id) =>
        id === 'f00d'
          ? { kind: 'waiting', tries: 2, queued: { requestId: id, atWallMs: 1, request: '{}' } }
          : undefined,
    });
    const queued = new RequestQueuedError({ message: 'm', hint: 'h', facts: { requestId: 'f00d' } });
    fake.behave = () => Promise.reject(queued);
    const answer = await fake.app.inject(post(ask));
    expect([answer.statusCode, answer.json()]).toEqual([202, { requestId: 'f00d', state: 'waiting' }]);
    const state = await fake.app.inject('/v1/infer/f00d');
    expect([state.statusCode, state.json()]).toEqual([200, { requestId: 'f00d', state: 'waiting', tries: 2 }]);
    expect((await fake.app.inject('/v1/infer/beef')).statusCode).toBe(404);
  });

  it('says what a request that was put off has failed of, and of its own trouble no more than the code', async () => {
    const failures: Readonly<Record<string, object>> = {
      f00d: { code: 'ENDPOINT_REFUSED', message: 'It said no.', hint: 'h' },
      beef: { code: 'STORAGE_FAILED', message: '/var/x cannot be written', hint: 'h' },
    };
    const fake = await startServer({
      queued: async (id) => ({
        kind: 'failed',
        queued: { requestId: id, atWallMs: 1, request: '{}' },
        error: JSON.stringify(failures[id]),
        atWallMs: 2,
      }),
    });
    const told = async (id: string): Promise<string> => (await fake.app.inject(`/v1/infer/${id}`)).body;
    expect(JSON.parse(await told('f00d'))).toMatchObject({ state: 'failed', error: failures['f00d'] });
    expect(await told('beef')).toContain('STORAGE_FAILED');
    expect(await told('beef')).not.toContain('/var/x');
  });

  it.each([
    ['JSON that is cut off', '{"text": "secret', 400, 'INVALID_REQUEST'],
    ['nothing at all', '', 400, 'INVALID_REQUEST'],
    ['a list', '[]', 400, 'INVALID_REQUEST'],
    ['null', 'null', 400, 'INVALID_REQUEST'],
    ['deep nesting', `{"text":${'['.repeat(100)}${']'.repeat(100)}}`, 400, 'INVALID_REQUEST'],
    ['a key that reaches for the prototype', '{"text":"x","\\u005f_proto__":{"a":1}}', 400, 'INVALID_REQUEST'],
    ['a body that is too large', JSON.stringify({ text: 'x'.repeat(5000) }), 413, 'BODY_TOO_LARGE'],
  ])('refuses %s, and repeats nothing of it', async (_, payload, status, code) => {
    const { app, asked, logged } = await startServer({ limits: { bodyBytes: 4096 } });
    const answer = await app.inject(post(payload));
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error: { code } });
    expect(answer.body + logged.join('')).not.toMatch(/secret|xxx/);
    expect(asked).toEqual([]);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const { app } = await startServer();
    const payload = Buffer.concat([Buffer.from('{"text":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')]);
    const answer = await app.inject({ method: 'POST', url: '/v1/infer', headers: json, payload });
    expect([answer.statusCode, answer.json().error.message]).toEqual([400, 'The body is not UTF-8.']);
  });

  it('refuses other content types, paths and methods', async () => {
    const { app } = await startServer();
    const text = await app.inject({ ...post(ask), headers: { 'content-type': 'text/plain' } });
    expect(text.statusCode).toBe(415);
    expect(
      (await app.inject({ ...post(ask), headers: { 'content-type': 'application/json; charset=utf-8' } })).statusCode,
    ).toBe(200);
    const wrong = await app.inject({ method: 'DELETE', url: '/v1/infer' });
    expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'POST']);
    const nowhere = await app.inject({
      method: 'POST',
      url: '/nowhere',
      payload: 'x',
      headers: { 'content-type': 'a/b' },
    });
    expect([nowhere.statusCode, nowhere.json().error.code]).toEqual([404, 'NOT_FOUND']);
    expect((await app.inject(`/v1/infer/${'x'.repeat(2000)}`)).statusCode).toBe(414);
    expect((await app.inject('/v1/infer/%E0%A4%A')).statusCode).toBe(400);
  });

  it('has a form of errors for each interface', async () => {
    const { app } = await startServer();
    const at = async (url: string): Promise<unknown> => (await app.inject(url)).json();
    expect(await at('/v1/nothing')).toEqual({
      error: {
        message: 'There is nothing at this path. GET /openapi.json lists all paths.',
        type: 'invalid_request_error',
        param: null,
        code: 'not_found',
      },
    });
    expect(await at('/v2/nothing')).toEqual({
      error: 'There is nothing at this path. GET /openapi.json lists all paths.',
    });
    expect(await at('/v1/feedback')).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED', facts: {} } });
  });

  it('takes the priority of a header, and refuses one it does not know', async () => {
    const { app, asked } = await startServer();
    await app.inject(post(ask, { 'x-terrace-priority': 'high' }));
    await app.inject(post({ ...ask, priority: 'low' }, { 'x-terrace-priority': 'high' }));
    expect(asked.map(({ input }) => input.priority)).toEqual(['high', 'low']);
    expect((await app.inject(post(ask, { 'x-terrace-priority': 'urgent' }))).statusCode).toBe(400);
  });

  it('hears web pages of allowed origins only', async () => {
    const closed = await startServer();
    const origin = 'https://kiosk.example';
    expect((await closed.app.inject(post(ask, { origin }))).statusCode).toBe(403);
    const { app } = await startServer({ corsOrigins: [origin] });
    const heard = await app.inject(post(ask, { origin }));
    expect([heard.statusCode, heard.headers['access-control-allow-origin']]).toEqual([200, origin]);
    const readable = String(heard.headers['access-control-expose-headers']).split(', ');
    expect(readable).toEqual(
      expect.arrayContaining(['x-terrace-confidence', 'inference-header-content-length', 'retry-after']),
    );
    expect((await app.inject(post(ask, { origin: 'https://evil.example' }))).statusCode).toBe(403);
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/v1/infer',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
    expect(preflight.statusCode).toBe(204);
  });

  it('tells a wrong path from a wrong method also where web pages are heard', async () => {
    const { app } = await startServer({ corsOrigins: ['https://kiosk.example'] });
    expect((await app.inject('/v1/nowhere')).statusCode).toBe(404);
    const wrong = await app.inject({ method: 'DELETE', url: '/v1/infer' });
    expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'POST']);
    expect((await app.inject({ method: 'OPTIONS', url: '/v1/infer' })).statusCode).toBe(204);
  });

  it('is alive from the start, and ready when its first model is', async () => {
    let ready = false;
    const { app, server } = await startServer({ ready: () => ready });
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(503);
    ready = true;
    expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready' });
    await server.close();
  });

  it('counts what it does', async () => {
    const { app } = await startServer({ waiting: () => 7, endpoints: () => [['cloud', false]] });
    await app.inject(post(ask));
    await app.inject(post('{'));
    const { body, headers } = await app.inject('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    for (const line of [
      'terrace_texts_total{api="native",model="terrace/auto:bank",tier="nano",placement="device"} 1',
      'terrace_http_requests_total{api="native",status="200"} 1',
      'terrace_http_requests_total{api="native",status="400"} 1',
      'terrace_batch_size_sum 2',
      'terrace_queue_waiting 7',
      'terrace_http_requests_in_flight 1',
      'terrace_endpoint_up{endpoint="cloud"} 0',
    ])
      expect(body).toContain(line);
  });

  it('says nothing more of an endpoint that was removed', async () => {
    const endpoints: [string, boolean][] = [['cloud', true]];
    const { app } = await startServer({ endpoints: () => endpoints });
    const told = async (): Promise<string> => (await app.inject('/metrics')).body;
    expect(await told()).toContain('terrace_endpoint_up{endpoint="cloud"} 1');
    endpoints.pop();
    expect(await told()).not.toContain('endpoint="cloud"');
  });

  it('logs neither texts nor answers nor keys unless it is told to', async () => {
    const { app, logged } = await startServer();
    await app.inject(post(ask, { authorization: 'Bearer terrace_secret' }));
    const lines = logged.map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { method: 'POST', route: '/v1/infer', status: 200, ms: expect.any(Number), tier: 'nano', texts: 1 },
    ]);
    expect(logged.join('')).not.toMatch(/secret|how much|balance/);
    const open = await startServer({ log: { content: true } });
    await open.app.inject(post(ask, { authorization: 'Bearer terrace_secret' }));
    expect(open.logged.join('')).toMatch(/how much.*balance/);
    await open.app.inject({ method: 'GET', url: '/metrics' });
    expect(open.logged.join('')).not.toMatch(/secret|process_cpu/);
  });

  it('keeps feedback', async () => {
    const kept: unknown[] = [];
    const { app } = await startServer({ recordFeedback: (record) => void kept.push(record) });
    const requestId = 'ab'.repeat(16);
    const feedback = { ...post({ requestId, right: false, correction: 'transfer' }), url: '/v1/feedback' } as const;
    const answer = await app.inject(feedback);
    expect([answer.statusCode, answer.json()]).toEqual([200, { requestId }]);
    expect(kept).toMatchObject([{ requestId, right: false, correction: 'transfer' }]);
    expect((await app.inject({ ...feedback, payload: '{"right":1}' })).statusCode).toBe(400);
  });

  it('documents its routes by the schemas they are parsed with', async () => {
    const { app } = await startServer();
    const document = (await app.inject('/openapi.json')).json();
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Terrace' } });
    const { post: infer } = document.paths['/v1/infer'];
    const [one] = infer.requestBody.content['application/json'].schema.anyOf;
    expect(one).toMatchObject({ type: 'object', required: ['text'], additionalProperties: false });
    expect(document.paths['/v1/infer/{requestId}'].get.parameters).toMatchObject([{ name: 'requestId', in: 'path' }]);
  });
});
