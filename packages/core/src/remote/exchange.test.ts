import { describe, expect, it } from 'vitest';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { toEnvelope } from '../errors/error-envelope.js';
import type { EndpointKeys } from '../ports/endpoint-keys.js';
import { createFakeFetch, type FakeAnswer } from '../testing/fake-fetch.js';
import { createExchange, MAX_REPLY_BYTES } from './exchange.js';

const KEY = 'sk-Very+Secret/Key==';
const wallMs = Date.parse('2030-01-01T00:00:00Z');

function setUp(script: Parameters<typeof createFakeFetch>[0], keys: EndpointKeys = () => KEY) {
  const fake = createFakeFetch(script);
  const exchange = createExchange(
    { id: 'site', url: 'https://plant.example:8443/v1/' },
    { fetch: fake.fetch, keys, clock: { wallMs: () => wallMs } },
  );
  const controller = new AbortController();
  const { signal } = controller;
  return { ...fake, exchange, controller, ask: () => exchange({ path: '/embeddings', body: '{"a":1}', signal }) };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

/** Everything that anybody could print of an error. */
const printed = (error: unknown): string => JSON.stringify(toEnvelope(error)) + String((error as Error).stack);

describe('an exchange', () => {
  it('sends JSON with the key, and hands back the body with the bytes that went both ways', async () => {
    const { ask, requests } = setUp({ body: [new Uint8Array([1, 2]), new Uint8Array([3])], headers: { 'x-a': 'b' } });
    const { bytes, sentBytes, header, contentType } = await ask();
    expect([...bytes]).toEqual([1, 2, 3]);
    expect([sentBytes, header('x-a'), contentType]).toEqual([7, 'b', 'application/json']);
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: 'https://plant.example:8443/v1/embeddings',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      },
    ]);
  });

  it('without a body is a GET', async () => {
    const { exchange, requests, controller } = setUp({ body: {} });
    await exchange({ path: '/models', signal: controller.signal });
    expect(requests[0]).toMatchObject({ method: 'GET' });
    expect(requests[0]).not.toHaveProperty('body');
    expect(requests[0]?.headers).not.toHaveProperty('content-type');
  });

  it('asks for the key of its own origin at every call, and keeps none', async () => {
    const asked: unknown[] = [];
    const answers = ['first', undefined, '', Promise.resolve('second')];
    const { ask, requests } = setUp({ body: {} }, (whose) => {
      asked.push(whose);
      return answers[asked.length - 1];
    });
    for (const _ of answers) await ask();
    expect(asked).toEqual(answers.map(() => ({ endpointId: 'site', origin: 'https://plant.example:8443' })));
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer first',
      undefined,
      undefined,
      'Bearer second',
    ]);
  });

  it.each(['two\r\nx-injected: 1', 'with space', 'gr\u00fcn', 'x'.repeat(10_000)])(
    'refuses a key that no header can carry',
    async (key) => {
      const { ask, requests } = setUp({ body: {} }, () => key);
      const error = await failureOf(ask());
      expect(error).toMatchObject({ code: 'ENDPOINT_REFUSED' });
      expect(printed(error)).not.toContain(key);
      expect(requests).toEqual([]);
    },
  );

  it('hands on why a key may not be used, and nothing that the store of keys says otherwise', async () => {
    const typed = new EndpointRefusedError({ message: 'No.', hint: 'Yes.' });
    const refuse = (error: unknown) => {
      const keys: EndpointKeys = async () => {
        throw error;
      };
      return setUp({ body: {} }, keys).ask();
    };
    expect(await failureOf(refuse(typed))).toBe(typed);
    const error = await failureOf(refuse(new Error(`vault says ${KEY}`)));
    expect(error).toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(printed(error)).not.toContain(KEY);
  });
});

describe('a status', () => {
  it.each([
    [301, 'REMOTE_ANSWER_INVALID'],
    [307, 'REMOTE_ANSWER_INVALID'],
    [304, 'REMOTE_ANSWER_INVALID'],
    [400, 'ENDPOINT_REFUSED'],
    [401, 'ENDPOINT_REFUSED'],
    [404, 'ENDPOINT_REFUSED'],
    [408, 'ENDPOINT_UNREACHABLE'],
    [413, 'ENDPOINT_REFUSED'],
    [422, 'ENDPOINT_REFUSED'],
    [429, 'ENDPOINT_OVERLOADED'],
    [500, 'ENDPOINT_FAILED'],
    [501, 'ENDPOINT_FAILED'],
    [502, 'ENDPOINT_FAILED'],
    [503, 'ENDPOINT_OVERLOADED'],
    [504, 'ENDPOINT_FAILED'],
    [999, 'ENDPOINT_FAILED'],
    [101, 'REMOTE_ANSWER_INVALID'],
  ])('%d is %s, and its body is neither read nor told', async (status, code) => {
    const { ask, openBodies, requests } = setUp({
      status,
      body: `echo: Bearer ${KEY}`,
      headers: { location: 'https://elsewhere.example/' },
    });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code, facts: { endpoint: 'site', status } });
    expect(printed(error)).not.toMatch(/echo|Secret|elsewhere/);
    expect(openBodies()).toBe(0);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['3', 3_000],
    ['Tue, 01 Jan 2030 00:01:00 GMT', 60_000],
    ['86400', 3_600_000],
    ['whenever', undefined],
    [undefined, undefined],
  ])('429 and 503 with Retry-After %s say how long to wait', async (retryAfter, ms) => {
    for (const status of [429, 503]) {
      const error = await failureOf(setUp({ status, headers: { 'retry-after': retryAfter } }).ask());
      expect((error as EndpointRefusedError).facts['retryAfterMs']).toBe(ms);
    }
  });

  it('401 and 403 say where keys come from', async () => {
    for (const status of [401, 403])
      expect(await failureOf(setUp({ status }).ask())).toMatchObject({ hint: expect.stringContaining('TERRACE_KEY_') });
  });
});

describe('an answer that does not come', () => {
  it.each([
    ['ECONNREFUSED', 'connect'],
    ['OFFLINE', 'connect'],
    ['NETWORK_LOST', 'answer'],
    ['ENOTFOUND', 'connect'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connect'],
    ['ECONNRESET', 'answer'],
    ['UND_ERR_SOCKET', 'answer'],
  ])('because of %s is of the phase "%s"', async (reason, phase) => {
    const cause = Object.assign(new Error('it broke'), { code: reason });
    for (const error of [cause, new TypeError('fetch failed', { cause })])
      expect(await failureOf(setUp({ error }).ask())).toMatchObject({
        code: 'ENDPOINT_UNREACHABLE',
        facts: { endpoint: 'site', phase, reason },
      });
  });

  it('has its cause told without the key, in whatever form the network writes it', async () => {
    for (const form of [KEY, encodeURIComponent(KEY), btoa(KEY), JSON.stringify({ authorization: KEY })]) {
      const inner = new Error(`header ${form} is bad`);
      const error = await failureOf(setUp({ error: new Error(`sent ${form}`, { cause: inner }) }).ask());
      expect(error).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', cause: { cause: expect.any(Error) } });
      expect(printed(error)).toContain('is bad');
      expect(printed(error)).not.toContain(form);
      expect(printed(error)).not.toContain(KEY);
    }
  });

  it('is the same for a body that breaks off, and for what is thrown that is no error', async () => {
    const broken = setUp({ body: '{"half":', breaksWith: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
    expect(await failureOf(broken.ask())).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', facts: { phase: 'answer' } });
    for (const error of ['text', null, undefined, { authorization: KEY }, 7])
      expect(printed(await failureOf(setUp({ error }).ask()))).not.toContain(KEY);
  });
});

describe('a body that is too long', () => {
  it('is refused by what it says of itself, unread', async () => {
    const { ask, openBodies } = setUp({ body: '{}', headers: { 'content-length': String(MAX_REPLY_BYTES + 1) } });
    expect(await failureOf(ask())).toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
    expect(openBodies()).toBe(0);
  });

  it('is left as soon as it is too long, whatever it says of itself', async () => {
    const chunk = new Uint8Array(1024 * 1024);
    const endless: FakeAnswer = { body: Array.from({ length: 64 }, () => chunk), headers: { 'content-length': '5' } };
    const { ask, openBodies } = setUp(endless);
    expect(await failureOf(ask())).toMatchObject({ code: 'REMOTE_ANSWER_INVALID', facts: { fault: 'protocol' } });
    expect(openBodies()).toBe(0);
  });

  it('may be exactly as long as allowed', async () => {
    expect((await setUp({ body: new Uint8Array(MAX_REPLY_BYTES) }).ask()).bytes).toHaveLength(MAX_REPLY_BYTES);
  });
});

describe('an exchange that is given up', () => {
  it('rejects with the reason, wherever it is', async () => {
    const reason = new Error('enough');
    const never = new Promise<string>(() => undefined);
    for (const made of [setUp('silence'), setUp('silent body'), setUp({ body: {} }, () => never)]) {
      const failure = failureOf(made.ask());
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      made.controller.abort(reason);
      expect(await failure).toBe(reason);
      expect(made.openBodies()).toBe(0);
    }
  });

  it('sends nothing when that was before', async () => {
    const { ask, controller, requests } = setUp({ body: {} });
    controller.abort('no error at all');
    expect(await failureOf(ask())).toBe('no error at all');
    expect(requests).toEqual([]);
  });
});
