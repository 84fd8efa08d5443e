import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeFetch, type FakeAnswer } from '../testing/fake-fetch.js';
import { createEndpointClient } from './create-client.js';
import type { RemoteAsk } from './endpoint-client.js';

const LABELS = ['card_lost', 'pay', 'pay_bill', 'oos'];
const ask: RemoteAsk = {
  task: 'text-classification',
  text: 'I lost "my" card\n😀',
  domain: 'bank',
  labels: LABELS,
  outOfScopeLabel: 'oos',
  requestId: 'r-1',
};
const embedding: RemoteAsk = { ...ask, task: 'feature-extraction', labels: [], outOfScopeLabel: null };

function setUp(script: Parameters<typeof createFakeFetch>[0], model = 'gpt-test') {
  const fake = createFakeFetch(script);
  const client = createEndpointClient({
    endpoint: { id: 'cloud', protocol: 'openai', url: 'https://api.example/v1', model },
    fetch: fake.fetch,
    keys: () => undefined,
    clock: { wallMs: () => 0 },
  });
  const { signal } = new AbortController();
  return {
    ...fake,
    client,
    ask: (asked: RemoteAsk = ask) => client.ask(asked, signal),
    describe: () => client.describe(signal),
  };
}

const chat = (content: unknown, rest: object = {}, choice: object = {}): FakeAnswer => ({
  body: {
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, ...choice }],
    ...rest,
  },
});

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

describe('classification by chat', () => {
  it('asks with the labels, a schema and the text as it is', async () => {
    const { ask: send, requests, bodyOf } = setUp(chat('{"label":"card_lost"}'));
    await send();
    expect(requests[0]).toMatchObject({
      url: 'https://api.example/v1/chat/completions',
      headers: { 'idempotency-key': 'r-1' },
    });
    expect(bodyOf(0)).toMatchObject({
      model: 'gpt-test',
      temperature: 0,
      max_tokens: expect.any(Number),
      logprobs: true,
      top_logprobs: 5,
      response_format: {
        type: 'json_schema',
        json_schema: { strict: true, schema: { properties: { label: { enum: LABELS } }, additionalProperties: false } },
      },
      messages: [
        { role: 'system', content: expect.stringContaining('- card_lost\n- pay\n- pay_bill\n- oos') },
        { role: 'user', content: ask.text },
      ],
    });
  });

  it('sends any text so that it arrives as it is', async () => {
    const { ask: send, bodyOf, requests } = setUp(chat('{"label":"pay"}'));
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(...'a"\\/{}$&\n\t\u0001\u2028é', '😀', '\ud83d') }),
        async (text) => {
          await send({ ...ask, text });
          const { messages } = bodyOf(requests.length - 1) as { messages: { content: string }[] };
          expect(messages[1]?.content).toBe(text);
        },
      ),
    );
  });

  it('answers with the label, its confidence, the tokens and the bytes', async () => {
    const logprobs = {
      content: [
        { token: '{"label":"', logprob: -3 },
        { token: 'card', logprob: Math.log(0.9) },
        { token: '_lost', logprob: Math.log(0.5) },
        { token: '"}', logprob: -2 },
      ],
    };
    const usage = { prompt_tokens: 77, completion_tokens: 5, total_tokens: 82 };
    const { ask: send } = setUp(chat('{"label":"card_lost"}', { usage }, { logprobs }));
    const { answer, ...rest } = await send();
    expect(answer).toMatchObject({ kind: 'label', label: 'card_lost', labels: LABELS });
    expect(answer.kind === 'label' && answer.confidence).toBeCloseTo(0.45, 12);
    expect(rest).toMatchObject({ inputTokens: 77, outputTokens: 5, computedBy: undefined, costUsd: undefined });
    expect(rest.sentBytes).toBeGreaterThan(500);
    expect(rest.receivedBytes).toBeGreaterThan(100);
  });

  it('does not know the confidence where the server does not tell, and estimates tokens', async () => {
    const { ask: send } = setUp(chat('{"label":"pay"}'));
    const reply = await send();
    expect(reply.answer).toMatchObject({ label: 'pay', confidence: undefined });
    expect(reply.inputTokens).toBeGreaterThan(50);
    expect(reply.outputTokens).toBe(4);
  });

  it('takes the confidence and the cost that a Terrace tells in headers', async () => {
    const headers = { 'x-terrace-confidence': '0.8125', 'x-terrace-cost-usd': '0.002' };
    const { ask: send } = setUp({ ...(chat('{"label":"pay"}') as object), headers });
    expect(await send()).toMatchObject({ answer: { confidence: 0.8125 }, costUsd: 0.002 });
    for (const nonsense of ['', 'high', '-1', '1e9', 'NaN', '0x1']) {
      const other = { 'x-terrace-confidence': nonsense, 'x-terrace-cost-usd': nonsense === '0x1' ? 'x' : nonsense };
      const reply = await setUp({ ...(chat('{"label":"pay"}') as object), headers: other }).ask();
      const { confidence } = reply.answer as { confidence: number | undefined };
      expect(confidence === undefined || (confidence >= 0 && confidence <= 1)).toBe(true);
      expect(reply.costUsd === undefined || reply.costUsd >= 0).toBe(true);
    }
  });

  it.each(['```json\n{"label": "pay"}\n```', 'Pay', ' pay\n', '<think>hm</think>{"label":"PAY"}'])(
    'understands %s',
    async (content) => {
      expect((await setUp(chat(content)).ask()).answer).toMatchObject({ kind: 'label', label: 'pay' });
    },
  );

  it.each([
    ['refuses the text', chat(null, {}, { finish_reason: 'content_filter' })],
    ['is cut off', chat('{"label":"card', {}, { finish_reason: 'length' })],
    ['says nothing', chat('')],
  ])('does not take a model that %s for somebody else: another text may be answered', async (_, answer) => {
    const { ask: send } = setUp(answer);
    expect(await failureOf(send())).toMatchObject({ code: 'REMOTE_ANSWER_INVALID', facts: { fault: 'label' } });
  });

  it('refuses a label that was invented, and repeats nothing of it', async () => {
    const error = await failureOf(setUp(chat('{"label":"steal_card"}')).ask());
    expect(error).toMatchObject({ code: 'REMOTE_ANSWER_INVALID', facts: { fault: 'label' } });
    expect(JSON.stringify(error) + String(error)).not.toContain('steal');
  });

  it('puts the domain into the model’s name, and needs one then', async () => {
    const { ask: send, bodyOf, requests } = setUp(chat('{"label":"pay"}'), 'terrace/auto:{domain}');
    await send();
    expect(bodyOf(0)).toMatchObject({ model: 'terrace/auto:bank' });
    await send({ ...ask, domain: 'travel' });
    expect(bodyOf(1)).toMatchObject({ model: 'terrace/auto:travel' });
    expect(await failureOf(send({ ...ask, domain: undefined }))).toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(requests).toHaveLength(2);
  });
});

describe('a server that does not take all of it', () => {
  /** Refuses what a server without this field refuses. */
  const without =
    (isRefused: (body: Record<string, unknown>) => boolean, status = 400) =>
    (request: { body?: unknown }): FakeAnswer =>
      isRefused(JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as Record<string, unknown>)
        ? { status }
        : chat('{"label":"pay"}');
  const formatOf = (body: Record<string, unknown>) => (body['response_format'] as { type?: string } | undefined)?.type;

  it.each([
    ['log-probabilities', 2, (body: Record<string, unknown>) => 'logprobs' in body],
    ['schemas', 3, (body: Record<string, unknown>) => formatOf(body) === 'json_schema'],
    ['formats', 4, (body: Record<string, unknown>) => 'response_format' in body],
    ['temperature', 5, (body: Record<string, unknown>) => 'temperature' in body || 'max_tokens' in body],
  ])('is asked without %s, and from then on at once', async (_, tries, isRefused) => {
    const { ask: send, requests } = setUp(without(isRefused));
    expect((await send()).answer).toMatchObject({ label: 'pay' });
    expect(requests).toHaveLength(tries);
    await send();
    expect(requests).toHaveLength(tries + 1);
    expect(new Set(requests.slice(0, tries).map(({ headers }) => headers['idempotency-key'])).size).toBe(tries);
  });

  it('is not tried in other forms once it has taken one, nor for reasons that forms do not mend', async () => {
    const taken = setUp([chat('{"label":"pay"}'), { status: 400 }]);
    await taken.ask();
    expect(await failureOf(taken.ask())).toMatchObject({ code: 'ENDPOINT_REFUSED', facts: { status: 400 } });
    expect(taken.requests).toHaveLength(2);
    for (const status of [401, 404, 429, 500, 503]) {
      const { ask: send, requests } = setUp({ status });
      await failureOf(send());
      expect(requests).toHaveLength(1);
    }
  });

  it('that takes nothing is asked in every form once a request, and remembered in none', async () => {
    const { ask: send, requests } = setUp({ status: 422 });
    for (let i = 1; i <= 2; i++) {
      expect(await failureOf(send())).toMatchObject({ code: 'ENDPOINT_REFUSED' });
      expect(requests).toHaveLength(5 * i);
    }
  });
});

describe('embeddings', () => {
  const base64 = (values: readonly number[]): string =>
    btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer)));
  const data = (value: unknown, rest: object = {}): FakeAnswer => ({
    body: { object: 'list', data: [{ index: 0, embedding: value }], ...rest },
  });

  it.each([
    ['base64', base64([3, 4])],
    ['floats', [3, 4]],
  ])('as %s become a unit vector', async (_, value) => {
    const { ask: send, bodyOf, requests } = setUp(data(value, { usage: { prompt_tokens: 9, total_tokens: 9 } }));
    const { answer, inputTokens, outputTokens } = await send(embedding);
    expect(answer.kind === 'embedding' && [...answer.vector]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect([inputTokens, outputTokens]).toEqual([9, 0]);
    expect(requests[0]?.url).toBe('https://api.example/v1/embeddings');
    expect(bodyOf(0)).toEqual({ model: 'gpt-test', input: ask.text, encoding_format: 'base64' });
  });

  it('are asked for as they are where base64 is refused', async () => {
    const { ask: send, bodyOf, requests } = setUp([{ status: 400 }, data([1])]);
    await send(embedding);
    await send(embedding);
    expect([bodyOf(1), bodyOf(2)]).toEqual([1, 2].map(() => ({ model: 'gpt-test', input: ask.text })));
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['none', { body: { data: [] } }],
    ['two', { body: { data: [{ embedding: [1] }, { embedding: [1] }] } }],
    ['no values', data([])],
    ['zeros', data([0, 0])],
    ['zeros in base64', data(base64([0, 0]))],
    ['NaN in base64', data(base64([1, NaN]))],
    ['infinity in base64', data(base64([1, Infinity]))],
    ['texts', data(['1'])],
    ['null', data(null)],
    ['base64 of 5 bytes', data(btoa('abcde'))],
    ['base64 that is none', data('*not base64*')],
    ['too many values', data(new Array(70_000).fill(1))],
  ])('that are %s are refused', async (_, answer) => {
    expect(await failureOf(setUp(answer).ask(embedding))).toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
  });
});

describe('what an endpoint says of itself', () => {
  it('is the list of its models', async () => {
    const { describe: told, requests } = setUp({ body: { object: 'list', data: [{ id: 'a' }, { id: 'b' }] } }, 'b');
    expect(await told()).toMatchObject({ models: ['a', 'b'], tasks: ['text-classification'], serves: undefined });
    expect(requests).toMatchObject([{ method: 'GET', url: 'https://api.example/v1/models' }]);
  });

  it('holds nothing that could redraw a terminal', async () => {
    const error = await failureOf(setUp({ body: { data: [{ id: '\u001b[2J' }] } }).describe());
    expect(error).toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
  });

  it.each([
    ['text-embedding-3-small', 'feature-extraction'],
    ['BAAI/bge-m3', 'feature-extraction'],
    ['all-minilm', 'feature-extraction'],
    ['qwen3:4b', 'text-classification'],
  ])('of %s is that it does %s', async (model, task) => {
    expect((await setUp({ body: { data: [] } }, model).describe()).tasks).toEqual([task]);
  });
});
