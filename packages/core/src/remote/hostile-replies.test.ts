import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEnvelope } from '../errors/error-envelope.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import { createFakeFetch, type FakeAnswer } from '../testing/fake-fetch.js';
import { createEndpointClient, type ClientEndpoint } from './create-client.js';
import type { RemoteAsk } from './endpoint-client.js';

const MARK = 'words-of-a-stranger';
const encoder = new TextEncoder();

const classification: RemoteAsk = {
  task: 'text-classification',
  text: 'the private text',
  domain: 'bank',
  labels: ['a', 'b'],
  outOfScopeLabel: null,
  requestId: 'r-1',
};
const embedding: RemoteAsk = { ...classification, task: 'feature-extraction', labels: [] };

const PROTOCOLS: readonly ClientEndpoint['protocol'][] = ['openai', 'oip', 'tei'];

function callsOf(protocol: ClientEndpoint['protocol'], answer: FakeAnswer) {
  const fake = createFakeFetch(answer);
  const client = createEndpointClient({
    endpoint: { id: 'e', protocol, url: 'http://plant', model: 'm' },
    fetch: fake.fetch,
    keys: () => 'the-secret-key',
    clock: { wallMs: () => 0 },
  });
  const { signal } = new AbortController();
  return {
    fake,
    calls: [
      () => client.ask(classification, signal),
      () => client.ask(embedding, signal),
      () => client.describe(signal),
    ] as const,
  };
}

const NAMES =
  'choices message content data embedding outputs name datatype shape label score models id inputs parameters model_type usage logprobs'.split(
    ' ',
  );

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

const printed = (error: unknown): string => JSON.stringify(toEnvelope(error));

const page = `<!DOCTYPE html><html><body>${MARK}</body></html>`;
const deep = (depth: number): string => `${'['.repeat(depth)}"${MARK}"${']'.repeat(depth)}`;

const HOSTILE: Readonly<Record<string, FakeAnswer>> = {
  'a web page': { body: page, headers: { 'content-type': 'text/html; charset=utf-8' } },
  'a web page that says it is JSON': { body: page },
  'JSON that says it is a web page': { body: { [MARK]: 1 }, headers: { 'content-type': 'text/html' } },
  'JSON that breaks off': { body: `{"choices":[{"message":{"content":"${MARK}` },
  nothing: { body: '' },
  null: { body: 'null' },
  'a number': { body: '1' },
  'a text': { body: JSON.stringify(MARK) },
  'an empty object': { body: {} },
  'an error in a success': { body: { error: { message: MARK } } },
  NaN: { body: `{"data":[{"embedding":[NaN]}],"${MARK}":1}` },
  'bytes that are not UTF-8': {
    body: Uint8Array.from([...encoder.encode(`{"${MARK}":"`), 0xff, 0xfe, ...encoder.encode('"}')]),
  },
  'deep nesting': { body: deep(20_000) },
  'very deep nesting': { body: deep(4_000_000) },
  'deep nesting that never ends': { body: '['.repeat(8_000_000) },
  'deep nesting where values are': {
    body: `{"outputs":[{"name":"logits","datatype":"FP32","shape":[1,2],"data":${deep(5_000)}}],"data":[{"embedding":${deep(5_000)}}],"choices":[{"message":{"content":${deep(5_000)}}}]}`,
  },
  'wrong types everywhere': {
    body: { choices: 'no', data: 5, outputs: {}, model_id: [], models: MARK, inputs: null, model_type: 0, usage: [] },
  },
  'a million items': {
    body: `{"choices":[${'0,'.repeat(400_000)}0],"data":[${'0,'.repeat(400_000)}0],"outputs":[${'0,'.repeat(400_000)}0]}`,
  },
  'keys that objects have of their own': { body: '{"__proto__":{"choices":[]},"constructor":{},"toString":1}' },
};

describe.each(PROTOCOLS)('an endpoint that speaks %s and answers', (protocol) => {
  it.each(Object.entries(HOSTILE))('%s is a failure that repeats nothing of it', async (_, answer) => {
    const { calls, fake } = callsOf(protocol, answer);
    for (const call of calls) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: RemoteAnswerError.code, facts: { endpoint: 'e', fault: 'protocol' } });
      expect(printed(error)).not.toMatch(/words-of|the private text|secret-key/);
      expect(fake.openBodies()).toBe(0);
    }
  });

  it('anything at all, is a failure of a known kind or a sound answer', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, -1, 1e300, '', 'a', 'text', 'FP32', 'BYTES', 'logits', '{"label":"a"}'),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...NAMES), tie('any')),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(value, async (body) => {
        for (const call of callsOf(protocol, { body: JSON.stringify(body) }).calls) {
          const outcome = await failureOf(call());
          expect(outcome === 'it worked' || TerraceError.isInstance(outcome)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('with a redirect is not followed, and the key goes nowhere else', async () => {
    const { calls, fake } = callsOf(protocol, { status: 302, headers: { location: 'https://elsewhere.example/' } });
    for (const call of calls) expect(await failureOf(call())).toMatchObject({ code: RemoteAnswerError.code });
    expect(fake.requests.every(({ url }) => url.startsWith('http://plant/'))).toBe(true);
  });
});
