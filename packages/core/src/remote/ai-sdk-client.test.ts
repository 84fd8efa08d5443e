import {
  APICallError,
  EmptyResponseBodyError,
  JSONParseError,
  LoadAPIKeyError,
  NoSuchModelError,
  TypeValidationError,
  UnsupportedFunctionalityError,
  type EmbeddingModelV2,
  type EmbeddingModelV3,
  type LanguageModelV2,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
  type LanguageModelV3GenerateResult,
} from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { toEnvelope } from '../errors/error-envelope.js';
import { createAiSdkClient } from './ai-sdk-client.js';
import type { RemoteAsk } from './endpoint-client.js';

const LABELS = ['card_lost', 'pay'];
const ask: RemoteAsk = {
  task: 'text-classification',
  text: 'the private text',
  domain: 'bank',
  labels: LABELS,
  outOfScopeLabel: null,
  requestId: 'r-1',
};
const embedding: RemoteAsk = { ...ask, task: 'feature-extraction', labels: [] };
const clock = { wallMs: () => Date.parse('2030-01-01T00:00:00Z') };

const finished: Pick<LanguageModelV3GenerateResult, 'finishReason' | 'warnings'> = {
  finishReason: { unified: 'stop', raw: undefined },
  warnings: [],
};
const usage = {
  inputTokens: { total: 40, noCache: 40, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 6, text: 6, reasoning: undefined },
};

function languageModel(doGenerate: LanguageModelV3['doGenerate']): LanguageModelV3 {
  const doStream = () => Promise.reject(new Error('nobody streams here'));
  return { specificationVersion: 'v3', provider: 'acme', modelId: 'chat-1', supportedUrls: {}, doGenerate, doStream };
}

const saying = (text: string): LanguageModelV3 =>
  languageModel(async () => ({ content: [{ type: 'text', text }], usage, ...finished }));

function send(
  model: Parameters<typeof createAiSdkClient>[0]['model'],
  asked: RemoteAsk = ask,
  signal = new AbortController().signal,
) {
  return createAiSdkClient({ model, clock }).ask(asked, signal);
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

describe('a language model of the AI SDK', () => {
  it('is asked for JSON with one of the labels', async () => {
    const asked: LanguageModelV3CallOptions[] = [];
    const model = languageModel(async (options) => {
      asked.push(options);
      return { content: [{ type: 'text', text: '{"label":"pay"}' }], usage, ...finished };
    });
    const { signal } = new AbortController();
    expect(await send(model, ask, signal)).toMatchObject({
      answer: { kind: 'label', label: 'pay', confidence: undefined },
      inputTokens: 40,
      outputTokens: 6,
      costUsd: undefined,
    });
    expect(asked).toMatchObject([
      {
        prompt: [
          { role: 'system', content: expect.stringContaining('- card_lost') },
          { role: 'user', content: [{ type: 'text', text: ask.text }] },
        ],
        responseFormat: { type: 'json', schema: { properties: { label: { enum: LABELS } } } },
        temperature: 0,
      },
    ]);
    expect(asked[0]?.abortSignal).toBe(signal);
  });

  it('of the version before is understood as well', async () => {
    const model: LanguageModelV2 = {
      specificationVersion: 'v2',
      provider: 'acme',
      modelId: 'chat-0',
      supportedUrls: {},
      doGenerate: async () => ({
        content: [
          { type: 'reasoning', text: '{"label":"card_lost"}' },
          { type: 'text', text: '{"label":' },
          { type: 'text', text: '"pay"}' },
        ],
        finishReason: 'stop',
        usage: { inputTokens: 30, outputTokens: undefined, totalTokens: 30 },
        warnings: [],
      }),
      doStream: () => Promise.reject(new Error('nobody streams here')),
    };
    expect(await send(model)).toMatchObject({ answer: { label: 'pay' }, inputTokens: 30, outputTokens: 4 });
  });

  it('that invents a label, says none, or answers with something else is refused', async () => {
    expect(await failureOf(send(saying('{"label":"steal"}')))).toMatchObject({ facts: { fault: 'label' } });
    expect(await failureOf(send(saying('')))).toMatchObject({ facts: { fault: 'label' } });
    for (const nonsense of [undefined, null, 'text', {}, { content: 'text' }, { content: [{ type: 'text', text: 5 }] }])
      expect(await failureOf(send(languageModel(async () => nonsense as never)))).toMatchObject({
        code: 'REMOTE_ANSWER_INVALID',
      });
  });

  it('does not embed', async () => {
    expect(await failureOf(send(saying('x'), embedding))).toMatchObject({ code: 'ENDPOINT_REFUSED' });
  });

  it('says what it does', async () => {
    const description = await createAiSdkClient({ model: saying('x'), clock }).describe(new AbortController().signal);
    expect(description).toMatchObject({ models: ['chat-1'], tasks: ['text-classification'], serves: undefined });
  });
});

describe('an embedding model of the AI SDK', () => {
  const model = (doEmbed: EmbeddingModelV3['doEmbed']): EmbeddingModelV3 => ({
    specificationVersion: 'v3',
    provider: 'acme',
    modelId: 'embed-1',
    maxEmbeddingsPerCall: 1,
    supportsParallelCalls: true,
    doEmbed,
  });

  it('gives a unit vector', async () => {
    const values: string[][] = [];
    const sound = model(async (options) => {
      values.push(options.values);
      return { embeddings: [[3, 4]], usage: { tokens: 3 }, warnings: [] };
    });
    const { answer, inputTokens } = await send(sound, embedding);
    expect(answer.kind === 'embedding' && [...answer.vector]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect([inputTokens, values]).toEqual([3, [[ask.text]]]);
  });

  it('of the version before is understood as well', async () => {
    const older: EmbeddingModelV2<string> = {
      specificationVersion: 'v2',
      provider: 'acme',
      modelId: 'embed-0',
      maxEmbeddingsPerCall: 1,
      supportsParallelCalls: true,
      doEmbed: async () => ({ embeddings: [[1]] }),
    };
    expect(await send(older, embedding)).toMatchObject({ answer: { kind: 'embedding' }, inputTokens: 4 });
  });

  it('that gives no vector, several, or one without a direction is refused', async () => {
    for (const embeddings of [[], [[1], [1]], [[]], [[0, 0]], [[NaN]], [['1']], 'text'])
      expect(
        await failureOf(
          send(
            model(async () => ({ embeddings: embeddings as number[][], warnings: [] })),
            embedding,
          ),
        ),
      ).toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
  });

  it('does not classify', async () => {
    expect(await failureOf(send(model(async () => ({ embeddings: [], warnings: [] }))))).toMatchObject({
      code: 'ENDPOINT_REFUSED',
    });
  });
});

describe('an error of the AI SDK', () => {
  const SECRET = 'Bearer sk-secret and the private text';
  const call = (statusCode: number | undefined, more: object = {}): APICallError =>
    new APICallError({
      message: SECRET,
      url: 'https://api.example/v1',
      requestBodyValues: { prompt: SECRET },
      responseBody: SECRET,
      data: SECRET,
      cause: new Error(SECRET),
      ...(statusCode !== undefined && { statusCode }),
      ...more,
    });

  it.each<[string, unknown, object]>([
    [
      'of status 429',
      call(429, { responseHeaders: { 'Retry-After': '3' } }),
      { code: 'ENDPOINT_OVERLOADED', facts: { retryAfterMs: 3000 } },
    ],
    [
      'of status 503',
      call(503, { responseHeaders: { 'retry-after': 'Tue, 01 Jan 2030 00:00:09 GMT' } }),
      { code: 'ENDPOINT_OVERLOADED', facts: { retryAfterMs: 9000 } },
    ],
    ['of status 500', call(500), { code: 'ENDPOINT_FAILED' }],
    ['of status 401', call(401), { code: 'ENDPOINT_REFUSED', facts: { status: 401 } }],
    ['of status 400', call(400), { code: 'ENDPOINT_REFUSED' }],
    ['of a redirect', call(302), { code: 'REMOTE_ANSWER_INVALID' }],
    ['of an answer that is not the protocol', call(200), { code: 'REMOTE_ANSWER_INVALID' }],
    [
      'without an answer',
      call(undefined, { isRetryable: true, cause: Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }) }),
      { code: 'ENDPOINT_UNREACHABLE', facts: { phase: 'connect', reason: 'ECONNREFUSED' } },
    ],
    [
      'of the network itself',
      new TypeError('fetch failed', { cause: new Error(SECRET) }),
      { code: 'ENDPOINT_UNREACHABLE' },
    ],
    ['of JSON', new JSONParseError({ text: SECRET, cause: new Error(SECRET) }), { code: 'REMOTE_ANSWER_INVALID' }],
    [
      'of types',
      new TypeValidationError({ value: SECRET, cause: new Error(SECRET) }),
      { code: 'REMOTE_ANSWER_INVALID' },
    ],
    ['of an empty body', new EmptyResponseBodyError({ message: SECRET }), { code: 'REMOTE_ANSWER_INVALID' }],
    ['of a key that is missing', new LoadAPIKeyError({ message: SECRET }), { code: 'ENDPOINT_REFUSED' }],
    [
      'of a model that is missing',
      new NoSuchModelError({ modelId: SECRET, modelType: 'languageModel' }),
      { code: 'ENDPOINT_REFUSED' },
    ],
    [
      'of what it cannot do',
      new UnsupportedFunctionalityError({ functionality: SECRET }),
      { code: 'ENDPOINT_REFUSED' },
    ],
    ['that nobody knows', new Error(SECRET), { code: 'ENDPOINT_FAILED' }],
    ['that is none', SECRET, { code: 'ENDPOINT_FAILED' }],
    ['that is nothing', undefined, { code: 'ENDPOINT_FAILED' }],
  ])('%s becomes a known one, and nothing of it is repeated', async (_, thrown, expected) => {
    const error = await failureOf(send(languageModel(() => Promise.reject(thrown as Error))));
    expect(error).toMatchObject(expected);
    expect(JSON.stringify(toEnvelope(error))).not.toMatch(/sk-secret|private/);
  });

  it('gives way to the reason of an abort, also where the model does not listen', async () => {
    const reason = new Error('enough');
    const deaf = new AbortController();
    const failure = failureOf(
      send(
        languageModel(() => new Promise(() => undefined)),
        ask,
        deaf.signal,
      ),
    );
    deaf.abort(reason);
    expect(await failure).toBe(reason);
    expect(await failureOf(send(saying('x'), ask, deaf.signal))).toBe(reason);
  });
});
