import { describe, expect, it } from 'vitest';
import { logSoftmax } from '../tasks/text-classification/label-scores.js';
import { createFakeFetch, type FakeAnswer } from '../testing/fake-fetch.js';
import { createEndpointClient, type ClientEndpoint } from './create-client.js';
import type { RemoteAsk } from './endpoint-client.js';

const LABELS = ['a', 'b', 'c'];
const VARIANT = '1'.repeat(64);
const DELTA = '2'.repeat(64);
const ask: RemoteAsk = {
  task: 'text-classification',
  text: 'grüß dich',
  domain: 'clinc150',
  labels: LABELS,
  outOfScopeLabel: null,
  requestId: 'r-1',
};
const embedding: RemoteAsk = { ...ask, task: 'feature-extraction', labels: [] };

function setUp(script: Parameters<typeof createFakeFetch>[0], endpoint: Partial<ClientEndpoint> = {}) {
  const fake = createFakeFetch(script);
  const client = createEndpointClient({
    endpoint: { id: 'site', protocol: 'oip', url: 'http://plant:8080/', model: 'base:{domain}', ...endpoint },
    fetch: fake.fetch,
    keys: () => undefined,
    clock: { wallMs: () => 0 },
  });
  const { signal } = new AbortController();
  return {
    ...fake,
    ask: (asked: RemoteAsk = ask) => client.ask(asked, signal),
    describe: () => client.describe(signal),
  };
}

const output = (name: string, datatype: string, shape: number[], data: unknown) => ({ name, datatype, shape, data });
const inferred = (outputs: unknown[], rest: object = {}): FakeAnswer => ({
  body: { model_name: 'm', id: 'r-1', outputs, ...rest },
});
const logits = (data: unknown = [3, 2, 1], shape = [1, 3]) => output('logits', 'FP32', shape, data);

/** The same as a binary reply. */
function binaryLogits(values: readonly number[]): FakeAnswer {
  const parameters = { binary_data_size: values.length * 4 };
  const header = new TextEncoder().encode(
    JSON.stringify({
      id: 'r-1',
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [1, values.length], parameters }],
    }),
  );
  const body = Uint8Array.from([...header, ...new Uint8Array(Float32Array.from(values).buffer)]);
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(header.length),
  };
  return { body, headers };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

describe('infer', () => {
  it('asks the model of the domain for scores in binary, under the id of the request', async () => {
    const { ask: send, requests, bodyOf } = setUp(inferred([logits()]));
    await send();
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: 'http://plant:8080/v2/models/base%3Aclinc150/infer',
      headers: { 'idempotency-key': 'r-1' },
    });
    expect(bodyOf(0)).toEqual({
      id: 'r-1',
      inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: [ask.text] }],
      outputs: [{ name: 'logits', parameters: { binary_data: true } }],
    });
  });

  it.each([
    ['org/name', '/v2/models/org%2Fname/infer'],
    ['name/versions/3', '/v2/models/name/versions/3/infer'],
    ['a b?c#d', '/v2/models/a%20b%3Fc%23d/infer'],
  ])('finds the model %s at %s', async (model, path) => {
    const { ask: send, requests } = setUp(inferred([logits()]), { model });
    await send();
    expect(requests[0]?.url).toBe(`http://plant:8080${path}`);
  });

  it.each([
    ['JSON', inferred([logits()])],
    ['nested JSON', inferred([logits([[3, 2, 1]])])],
    ['binary', binaryLogits([3, 2, 1])],
  ])('reads scores from %s', async (_, reply) => {
    const { answer } = await setUp(reply).ask();
    expect(answer).toMatchObject({ kind: 'scores', labels: LABELS });
    expect(answer.kind === 'scores' && [...answer.logProbs]).toEqual([...logSoftmax([3, 2, 1])]);
  });

  it('says which weights computed it and what it cost, where the server does', async () => {
    const parameters = { terrace_variant: VARIANT, terrace_delta: DELTA, terrace_cost_usd: 0.001 };
    expect(await setUp(inferred([logits()], { parameters })).ask()).toMatchObject({
      computedBy: { variant: VARIANT, delta: DELTA },
      costUsd: 0.001,
      inputTokens: 3,
      outputTokens: 0,
    });
    expect(await setUp(inferred([logits()])).ask()).toMatchObject({ computedBy: undefined, costUsd: undefined });
  });

  it('puts the scores of a head of its own into the order of the domain’s labels', async () => {
    const { answer } = await setUp(inferred([logits()]), { labels: ['c', 'b', 'a'] }).ask();
    expect(answer.kind === 'scores' && [...answer.logProbs]).toEqual([...logSoftmax([1, 2, 3])]);
  });

  it('reads a label with its confidence, by the names that the manifest has', async () => {
    const tensors = { text: 'INPUT0', column: true, label: 'CLASS', confidence: 'P' };
    const reply = inferred([output('CLASS', 'BYTES', [1, 1], ['b']), output('P', 'FP32', [1], [0.75])]);
    const { ask: send, bodyOf } = setUp(reply, { tensors });
    expect((await send()).answer).toEqual({ kind: 'label', labels: LABELS, label: 'b', confidence: 0.75 });
    expect(bodyOf(0)).toMatchObject({
      inputs: [{ name: 'INPUT0', shape: [1, 1] }],
      outputs: [
        { name: 'CLASS', parameters: { binary_data: false } },
        { name: 'P', parameters: { binary_data: true } },
      ],
    });
  });

  it('asks for the label where a server has no scores for this text, under another key', async () => {
    const tensors = { text: 'text', column: false, scores: 'logits', label: 'label', confidence: 'confidence' };
    const { ask: send, requests } = setUp(
      [{ status: 400 }, inferred([output('label', 'BYTES', [1], ['b']), output('confidence', 'FP32', [1], [0.5])])],
      { tensors },
    );
    expect((await send()).answer).toMatchObject({ kind: 'label', label: 'b', confidence: 0.5 });
    expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['r-1', 'r-1.label']);
    const refused = setUp({ status: 404 }, { tensors });
    expect(await failureOf(refused.ask())).toMatchObject({ facts: { status: 404 } });
    expect(refused.requests).toHaveLength(1);
  });

  it('reads an embedding as a unit vector', async () => {
    const { answer } = await setUp(inferred([output('embedding', 'FP32', [1, 2], [3, 4])])).ask(embedding);
    expect(answer.kind === 'embedding' && [...answer.vector]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  });

  it('refuses a task that its outputs do not answer, and a request without the domain it needs', async () => {
    const { ask: send, requests } = setUp('silence', { tensors: { text: 't', column: false, scores: 's' } });
    expect(await failureOf(send(embedding))).toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(await failureOf(send({ ...ask, domain: undefined }))).toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(requests).toEqual([]);
  });

  it.each([
    ['too few scores', inferred([logits([1, 2], [1, 2])])],
    ['too many scores', inferred([logits([1, 2, 3, 4], [1, 4])])],
    ['scores of two texts', inferred([logits([1, 2, 3, 1, 2, 3], [2, 3])])],
    ['three texts with one score', inferred([logits([1, 2, 3], [3, 1])])],
    ['NaN', binaryLogits([1, NaN, 3])],
    ['infinity', binaryLogits([1, Infinity, 3])],
    ['another output', inferred([output('other', 'FP32', [1, 3], [1, 2, 3])])],
    ['texts for scores', inferred([output('logits', 'BYTES', [1, 3], ['1', '2', '3'])])],
    ['integers for scores', inferred([output('logits', 'INT32', [1, 3], [1, 2, 3])])],
    ['no outputs', inferred([])],
    ['the id of another request', inferred([logits()], { id: 'r-2' })],
    ['an error in a body of success', { body: { error: 'out of memory' } }],
  ])('refuses %s', async (_, reply) => {
    expect(await failureOf(setUp(reply).ask())).toMatchObject({
      code: 'REMOTE_ANSWER_INVALID',
      facts: { endpoint: 'site', fault: 'protocol' },
    });
  });

  it('refuses a label that was invented', async () => {
    const tensors = { text: 'text', column: false, label: 'label' };
    const reply = inferred([output('label', 'BYTES', [1], ['z'])]);
    expect(await failureOf(setUp(reply, { tensors }).ask())).toMatchObject({ facts: { fault: 'label' } });
  });
});

describe('what a server says of itself', () => {
  const tensor = (name: string, datatype: string, shape: number[]) => ({ name, datatype, shape });
  const metadata = (parameters?: object) => ({
    name: 'base:clinc150',
    platform: 'terrace',
    inputs: [tensor('text', 'BYTES', [-1])],
    outputs: [tensor('logits', 'FP32', [-1, 3]), tensor('label', 'BYTES', [-1]), tensor('confidence', 'FP32', [-1])],
    ...(parameters && { parameters }),
  });

  /** A server that keeps these models; without a list, it answers 404 to the list. */
  const serverOf =
    (models: Record<string, object>, list?: unknown) =>
    (request: { url: string }): FakeAnswer => {
      const path = decodeURIComponent(new URL(request.url).pathname);
      if (path === '/v2/models') return list === undefined ? { status: 404 } : { body: list };
      const found = models[path.slice('/v2/models/'.length)];
      return found ? { body: found } : { status: 404 };
    };

  it('has every domain it serves the model for, with weights and deltas', async () => {
    const parameters = { terrace_model: 'base', terrace_variant: VARIANT };
    const server = serverOf(
      {
        'base:clinc150': metadata({ ...parameters, terrace_delta: DELTA }),
        'base:bank': metadata({ ...parameters, terrace_delta: '3'.repeat(64) }),
      },
      {
        models: [{ name: 'base' }, { name: 'base:clinc150' }, { name: 'base:bank' }, { name: 'terrace/auto:clinc150' }],
      },
    );
    expect(await setUp(server).describe()).toEqual({
      models: ['base', 'base:clinc150', 'base:bank', 'terrace/auto:clinc150'],
      tasks: ['text-classification'],
      domains: ['clinc150', 'bank'],
      labels: undefined,
      serves: { model: 'base', variant: VARIANT, deltas: { clinc150: DELTA, bank: '3'.repeat(64) } },
      tensors: { text: 'text', column: false, scores: 'logits', label: 'label', confidence: 'confidence' },
    });
  });

  it('knows the domains of a ladder, however its name is written', async () => {
    const server = serverOf(
      { 'auto:bank': metadata({ labels: LABELS }), 'terrace/auto:bank': metadata({ labels: LABELS }) },
      { models: ['terrace/auto:bank', 'base:clinc150'] },
    );
    for (const model of ['auto:{domain}', 'terrace/auto:{domain}'])
      expect(await setUp(server, { model }).describe()).toMatchObject({ domains: ['bank'], serves: undefined });
  });

  it('names the domain of one model behind the colon', async () => {
    const parameters = { terrace_model: 'base', terrace_variant: VARIANT, terrace_delta: DELTA, labels: LABELS };
    const server = serverOf({ 'base:clinc150': metadata(parameters) }, { models: ['base:clinc150'] });
    expect(await setUp(server, { model: 'base:clinc150' }).describe()).toMatchObject({
      domains: ['clinc150'],
      labels: LABELS,
      serves: { deltas: { clinc150: DELTA } },
    });
  });

  it('serves no model of the catalog where its domains do not agree on one', async () => {
    const server = serverOf(
      {
        'base:a': metadata({ terrace_model: 'base', terrace_variant: VARIANT }),
        'base:b': metadata({ terrace_model: 'base', terrace_variant: DELTA }),
      },
      { models: ['base:a', 'base:b'] },
    );
    expect(await setUp(server).describe()).toMatchObject({ domains: ['a', 'b'], serves: undefined });
  });

  it.each([
    [
      'a Triton classifier',
      [tensor('TEXT', 'BYTES', [-1, 1])],
      [tensor('probabilities', 'FP32', [-1, 3])],
      { text: 'TEXT', column: true, scores: 'probabilities' },
      ['text-classification'],
    ],
    [
      'an embedder',
      [tensor('ids', 'INT64', [-1]), tensor('t', 'BYTES', [-1])],
      [tensor('output0', 'FP32', [-1, 384])],
      { text: 't', column: false, embedding: 'output0' },
      ['feature-extraction'],
    ],
    [
      'a labeller',
      [tensor('text', 'BYTES', [-1])],
      [tensor('class', 'BYTES', [-1])],
      { text: 'text', column: false, label: 'class' },
      ['text-classification'],
    ],
    [
      'both',
      [tensor('query', 'BYTES', [-1])],
      [tensor('scores', 'FP32', [-1, 3]), tensor('sentence_embedding', 'FP32', [-1, 8])],
      { text: 'query', column: false, scores: 'scores', embedding: 'sentence_embedding' },
      ['text-classification', 'feature-extraction'],
    ],
  ])('lets %s be recognised without a list of models', async (_, inputs, outputs, tensors, tasks) => {
    const server = serverOf({ m: { name: 'm', inputs, outputs } });
    expect(await setUp(server, { model: 'm' }).describe()).toEqual({
      models: ['m'],
      tasks,
      labels: undefined,
      serves: undefined,
      tensors,
    });
  });

  it('takes a single output for scores where it is as long as the labels', async () => {
    const outputs = [tensor('output0', 'FP32', [-1, 3])];
    const model = { name: 'm', inputs: [tensor('t', 'BYTES', [-1])], outputs, parameters: { labels: LABELS } };
    expect(await setUp(serverOf({ m: model }), { model: 'm' }).describe()).toMatchObject({
      labels: LABELS,
      tensors: { scores: 'output0' },
    });
  });

  it('is refused where the model takes no text, is not there, or needs a domain that nobody knows', async () => {
    const pixels = { name: 'm', inputs: [tensor('pixels', 'FP32', [-1, 3])], outputs: [] };
    expect(await failureOf(setUp(serverOf({ m: pixels }), { model: 'm' }).describe())).toMatchObject({
      code: 'REMOTE_ANSWER_INVALID',
    });
    expect(await failureOf(setUp(serverOf({}), { model: 'm' }).describe())).toMatchObject({ facts: { status: 404 } });
    expect(await failureOf(setUp(serverOf({})).describe())).toMatchObject({ code: 'ENDPOINT_REFUSED' });
    expect(await failureOf(setUp({ status: 401 }).describe())).toMatchObject({ facts: { status: 401 } });
  });
});
