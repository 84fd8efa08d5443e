import { describe, expect, it } from 'vitest';
import { createFakeFetch } from '../testing/fake-fetch.js';
import { createEndpointClient } from './create-client.js';
import type { RemoteAsk } from './endpoint-client.js';

const LABELS = ['a', 'b', 'c'];
const ask: RemoteAsk = {
  task: 'text-classification',
  text: 'hello there',
  domain: undefined,
  labels: LABELS,
  outOfScopeLabel: null,
  requestId: 'r-1',
};
const embedding: RemoteAsk = { ...ask, task: 'feature-extraction', labels: [] };

function setUp(script: Parameters<typeof createFakeFetch>[0]) {
  const fake = createFakeFetch(script);
  const client = createEndpointClient({
    endpoint: { id: 'tei', protocol: 'tei', url: 'http://plant:3000', model: 'any' },
    fetch: fake.fetch,
    keys: () => 'secret',
    clock: { wallMs: () => 0 },
  });
  const { signal } = new AbortController();
  return {
    ...fake,
    ask: (asked: RemoteAsk = ask) => client.ask(asked, signal),
    describe: () => client.describe(signal),
  };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

const scores = (...values: readonly (readonly [string, number])[]) =>
  values.map(([label, score]) => ({ label, score }));
const SOUND = scores(['b', 0.7], ['a', 0.2], ['c', 0.1]);

describe('predict', () => {
  it.each([
    ['a list', SOUND],
    ['a list of lists', [SOUND]],
  ])('gives scores over the labels from %s', async (_, body) => {
    const { ask: send, requests, bodyOf } = setUp({ body, headers: { 'x-compute-tokens': '5' } });
    const { answer, inputTokens } = await send();
    expect(answer).toMatchObject({ kind: 'scores', labels: LABELS });
    expect(answer.kind === 'scores' && [...answer.logProbs].map((each) => Math.exp(each).toFixed(6))).toEqual([
      '0.200000',
      '0.700000',
      '0.100000',
    ]);
    expect(inputTokens).toBe(5);
    expect(requests[0]).toMatchObject({
      url: 'http://plant:3000/predict',
      headers: { authorization: 'Bearer secret' },
    });
    expect(bodyOf(0)).toEqual({ inputs: ask.text, raw_scores: false, truncate: true });
  });

  it('gives shares of belief where labels are scored one by one', async () => {
    const { answer } = await setUp({ body: scores(['a', 0.9], ['b', 0.9], ['c', 0.2]) }).ask();
    expect(answer.kind === 'scores' && Math.exp(answer.logProbs[0]!)).toBeCloseTo(0.45, 9);
  });

  it('gives the best label alone where the labels are others', async () => {
    const body = scores(['x', 0.1], ['B', 0.6], ['a', 0.3]);
    expect((await setUp({ body }).ask()).answer).toEqual({
      kind: 'label',
      labels: LABELS,
      label: 'b',
      confidence: 0.6,
    });
  });

  it.each([
    ['a best label that nobody asked about', scores(['x', 0.9], ['a', 0.1]), 'label'],
    ['no scores', [], 'protocol'],
    ['a label twice', scores(['a', 0.5], ['a', 0.3], ['b', 0.2]), 'protocol'],
    ['scores beyond 1', scores(['a', 5], ['b', 0.3], ['c', 0.2]), 'protocol'],
    ['negative scores', scores(['a', -0.5], ['b', 0.3], ['c', 0.2]), 'protocol'],
    ['nothing but zeros', scores(['a', 0], ['b', 0], ['c', 0]), 'protocol'],
    ['two texts', [SOUND, SOUND], 'protocol'],
    ['texts for scores', [{ label: 'a', score: '0.5' }], 'protocol'],
    ['an object', { label: 'a', score: 0.5 }, 'protocol'],
  ])('refuses %s', async (_, body, fault) => {
    expect(await failureOf(setUp({ body }).ask())).toMatchObject({ code: 'REMOTE_ANSWER_INVALID', facts: { fault } });
  });
});

describe('embed', () => {
  it('gives a unit vector', async () => {
    const { ask: send, requests, bodyOf } = setUp({ body: [[3, 4]] });
    const { answer, inputTokens } = await send(embedding);
    expect(answer.kind === 'embedding' && [...answer.vector]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(inputTokens).toBe(3);
    expect(requests[0]?.url).toBe('http://plant:3000/embed');
    expect(bodyOf(0)).toEqual({ inputs: ask.text, truncate: true });
  });

  it.each([[[]], [[[]]], [[[0, 0]]], [[[1], [1]]], [[1, 2]], [[['1']]], [[null]], [{}]])('refuses %j', async (body) => {
    expect(await failureOf(setUp({ body }).ask(embedding))).toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
  });
});

describe('info', () => {
  it('tells a classifier with its labels, in the order of its scores', async () => {
    const classifier = { id2label: { '10': 'k', '2': 'c', '0': 'a' }, label2id: { a: 0, c: 2, k: 10 } };
    const { describe: told, requests } = setUp({
      body: { model_id: 'org/m', model_sha: null, model_type: { classifier } },
    });
    expect(await told()).toMatchObject({ models: ['org/m'], tasks: ['text-classification'], labels: ['a', 'c', 'k'] });
    expect(requests).toMatchObject([{ method: 'GET', url: 'http://plant:3000/info' }]);
  });

  it('tells an embedder, and a reranker that it does neither', async () => {
    const of = (model_type: object) => setUp({ body: { model_id: 'm', model_type } }).describe();
    expect(await of({ embedding: { pooling: 'cls' } })).toMatchObject({
      tasks: ['feature-extraction'],
      labels: undefined,
    });
    expect(await of({ reranker: { id2label: {} } })).toMatchObject({ tasks: [] });
  });
});
