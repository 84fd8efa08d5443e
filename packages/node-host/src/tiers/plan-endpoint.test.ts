import { exampleBase, exampleCatalog, exampleDelta, EXAMPLE_LABELS, fakeSha } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { deadUrl } from '../remote/testing/fetch-server.js';
import type { EndpointPorts } from './describe-endpoint.js';
import { planEndpoint } from './plan-endpoint.js';
import { siteAnswers, startJsonServer, testPorts, type Said, type SiteModel } from './testing/json-server.js';

const catalog = exampleCatalog();
const base = exampleBase();
const labels = [...EXAMPLE_LABELS];
const serves = { model: 'base', variant: base.variants[0]!.weights.sha256, delta: exampleDelta(base).contentId };
const { signal } = new AbortController();

type Wish = Partial<Parameters<typeof planEndpoint>[1]>;

const plan = (url: string, wish: Wish = {}, ports: Partial<EndpointPorts> = {}) =>
  planEndpoint(
    url,
    { id: 'e', placement: 'site', protocol: undefined, ...wish },
    { catalog, ports: testPorts(ports), signal },
  );

async function planned(answer: (path: string) => Said | undefined, wish: Wish = {}, at = '') {
  const { url } = await startJsonServer(answer);
  return plan(`${url}${at}`, wish);
}

const site = (models: Readonly<Record<string, SiteModel>>, wish: Wish = {}) =>
  planned((path) => siteAnswers(models, () => 'balance')(path, undefined), wish);

describe('a Terrace at the site', () => {
  it('is asked by its ladders, for the label and its calibrated confidence', async () => {
    const { protocol, plan: found } = await site({
      'terrace/auto:bank': { labels },
      'terrace/auto:law': { labels: ['tort'] },
    });
    expect(protocol).toBe('oip');
    expect(found).toEqual({
      model: 'auto:{domain}',
      tasks: ['text-classification'],
      domains: ['bank'],
      tensors: { text: 'text', column: false, label: 'label', confidence: 'confidence' },
      notes: [],
    });
  });

  it('fuses with the device where one of its models is, to the byte, the same', async () => {
    const models = { base: { serves: { ...serves, delta: '' } }, 'base:bank': { labels, serves } };
    const { plan: found } = await site(models, { model: 'base' });
    expect(found).toMatchObject({
      model: 'base:{domain}',
      domains: ['bank'],
      serves: { model: 'base', variant: serves.variant, deltas: { bank: serves.delta } },
      tensors: { scores: 'logits' },
      notes: [],
    });
  });

  it.each([
    ['weights', { ...serves, variant: fakeSha('others') }],
    ['deltas', { ...serves, delta: fakeSha('others') }],
    ['models', { ...serves, model: 'huge' }],
  ])('does not fuse with other %s, and says so', async (_, others) => {
    const models = { base: {}, 'base:bank': { labels, serves: others } };
    const { plan: found } = await site(models, { model: 'base' });
    expect(found).toMatchObject({ domains: ['bank'], notes: [expect.stringContaining('do not fuse')] });
    expect(found.serves).toBeUndefined();
  });

  it('embeds with the model alone', async () => {
    const { plan: found } = await site(
      { base: {}, 'base:bank': { labels, serves } },
      { model: 'base', tasks: ['feature-extraction'] },
    );
    expect(found).toMatchObject({ model: 'base', tasks: ['feature-extraction'], tensors: { embedding: 'embedding' } });
    expect(found.domains).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, SiteModel>>, Wish, RegExp]>([
    ['no domain in common', { 'terrace/auto:law': { labels: ['tort'] } }, {}, /no domain in common/],
    ['other labels', { 'terrace/auto:bank': { labels: [...labels, 'loan'] } }, {}, /"loan"/],
    [
      'labels in another order, where scores are told apart by it',
      { base: {}, 'base:bank': { labels: labels.toReversed(), serves } },
      { model: 'base' },
      /another order/,
    ],
    ['a ladder to embed with', { 'terrace/auto:bank': { labels } }, { tasks: ['feature-extraction'] }, /classifies/],
    ['a domain that is not here', { 'terrace/auto:bank': { labels } }, { domains: ['law'] }, /no domain "law"/],
  ])('is not added with %s', async (_, models, wish, why) => {
    await expect(site(models, wish)).rejects.toThrow(why);
  });
});

const openai =
  (...models: string[]) =>
  (path: string): Said | undefined =>
    path === 'GET /v1/models' ? { data: models.map((id) => ({ id })) } : undefined;

describe('a server of the OpenAI API', () => {
  it('is found with and without its /v1, and asked for its only model', async () => {
    for (const at of ['', '/v1']) {
      const { protocol, url, plan: found } = await planned(openai('llama'), {}, at);
      expect([protocol, new URL(url).pathname]).toEqual(['openai', '/v1']);
      expect(found).toEqual({ model: 'llama', tasks: ['text-classification'], notes: [] });
    }
  });

  it('has to be told which of several models', async () => {
    await expect(planned(openai('a', 'b'))).rejects.toMatchObject({ hint: 'Name one with --model.' });
    const { plan: found } = await planned(openai('a', 'text-embed-3'), { model: 'text-embed-3' });
    expect(found.tasks).toEqual(['feature-extraction']);
  });

  it('answers in the domains that are named', async () => {
    const { plan: found } = await planned(openai('llama'), { domains: ['bank'] });
    expect(found.domains).toEqual(['bank']);
  });
});

const tei =
  (own: readonly string[]) =>
  (path: string): Said | undefined =>
    path === 'GET /info'
      ? { model_id: 'acme/intents', model_type: { classifier: { id2label: Object.fromEntries(own.entries()) } } }
      : undefined;

describe('a server of text-embeddings-inference', () => {
  it('answers in the domain whose labels it has, in its own order', async () => {
    const { protocol, plan: found } = await planned(tei(labels.toReversed()));
    expect(protocol).toBe('tei');
    expect(found).toMatchObject({ model: 'acme/intents', domains: ['bank'], labels: labels.toReversed() });
  });

  it('answers with labels of its own in no domain', async () => {
    const { plan: found } = await planned(tei(['good', 'bad']));
    expect(found).toMatchObject({ labels: ['good', 'bad'], domains: [] });
    await expect(planned(tei(['good', 'bad']), { domains: ['bank'] })).rejects.toThrow('not those of bank');
  });
});

describe('a server of the Open Inference Protocol that keeps no list', () => {
  const triton = (path: string): Said | undefined =>
    path === 'GET /v2/models/intents'
      ? {
          name: 'intents',
          inputs: [{ name: 'TEXT', datatype: 'BYTES', shape: [-1, 1] }],
          outputs: [{ name: 'SCORES', datatype: 'FP32', shape: [-1, 5] }],
        }
      : undefined;

  it('has to be told the model, and whose labels its scores are of', async () => {
    await expect(planned(triton)).rejects.toThrow(/oip at .* openai at /);
    await expect(planned(triton, { model: 'intents' })).rejects.toMatchObject({
      hint: expect.stringContaining('--domain'),
    });
    const { plan: found } = await planned(triton, { model: 'intents', domains: ['bank'] });
    expect(found).toMatchObject({ domains: ['bank'], tensors: { text: 'TEXT', column: true, scores: 'SCORES' } });
  });
});

describe('an address where nothing useful is', () => {
  it('is told at once when nobody is there', async () => {
    await expect(plan(await deadUrl())).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });

  it('is told with the name of the variable when the key is refused', async () => {
    const { url } = await startJsonServer(() => 401);
    const port = new URL(url).port;
    await expect(plan(url)).rejects.toMatchObject({
      code: 'ENDPOINT_REFUSED',
      hint: expect.stringContaining(`TERRACE_KEY_127_0_0_1_${port}`),
    });
  });

  it('is not waited for longer than it may take', async () => {
    const { url } = await startJsonServer(() => 'stall');
    await expect(plan(url, { protocol: 'tei' }, { timeoutMs: 50 })).rejects.toThrow('within 50 ms');
  });

  it('ends with the signal', async () => {
    const { url } = await startJsonServer(() => 'stall');
    const reason = new Error('enough');
    const wish = { id: 'e', placement: 'site', protocol: undefined } as const;
    const call = planEndpoint(url, wish, { catalog, ports: testPorts(), signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });
});
