import { describe, expect, it } from 'vitest';
import type { Fetch } from '../ports/fetch.js';
import { createRuntime } from '../runtime.js';
import {
  createFakePorts,
  EXAMPLE_LABELS,
  exampleCatalog,
  exampleDelta,
  exampleNano,
  scoresFor,
} from '../testing/index.js';
import type { AiSdkModel } from './ai-sdk-client.js';
import { withEndpoints } from '../catalog/with-endpoints.js';
import { toOwnEndpoint } from './code-endpoint.js';

/** A language model of the AI SDK that answers with a label, whatever it is asked. */
const model = (label: string): AiSdkModel =>
  ({
    specificationVersion: 'v3',
    provider: 'example',
    modelId: 'large-1',
    supportedUrls: {},
    doGenerate: () =>
      Promise.resolve({
        content: [{ type: 'text', text: JSON.stringify({ label }) }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: { inputTokens: { total: 40 }, outputTokens: { total: 5 } },
        warnings: [],
      }),
    doStream: () => Promise.reject(new Error('not asked')),
  }) as unknown as AiSdkModel;
const cloud = { id: 'cloud', placement: 'cloud', tasks: ['text-classification'], model: model('block_card') } as const;

describe('a model of the application’s own code', () => {
  it('is a tier like any other', async () => {
    const ports = createFakePorts({
      models: {
        nano: { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) },
        base: { scores: () => scoresFor('new_card', 0.6, EXAMPLE_LABELS) },
      },
    });
    const price = { perCall: 0.003 };
    const runtime = createRuntime({ ...ports, endpoints: [toOwnEndpoint({ ...cloud, price })] });
    const result = await runtime.run({ text: 'freeze my card', domain: 'bank', policy: 'cloud' });
    expect(result).toMatchObject({
      tier: 'cloud',
      placement: 'cloud',
      output: { label: 'block_card' },
      costUsd: 0.003,
    });
  });

  it('wins over one of the catalog with its id, and leaves the catalog itself alone', () => {
    const catalog = { ...exampleCatalog({ models: [exampleNano()], deltas: [exampleDelta(exampleNano())] }) };
    const source = { current: () => catalog, calibration: () => Promise.resolve(undefined) };
    const whole = withEndpoints(source, [toOwnEndpoint(cloud).endpoint]);
    expect(whole.current().endpoints?.map(({ id }) => id)).toEqual(['cloud']);
    expect(whole.current()).toBe(whole.current());
    expect(catalog).not.toHaveProperty('endpoints');
    expect(withEndpoints(source, [])).toBe(source);
  });

  it.each([
    ['id', { id: 'no id!' }, 'letters, digits'],
    ['placement', { placement: 'device' }, 'expected one of "site"|"cloud"'],
    ['the top level', { tasks: ['text-classification'], taks: [] }, '"taks"'],
  ])('is refused where its description is wrong at %s, in words', (path, changes, words) => {
    const describeIt = () => toOwnEndpoint({ ...cloud, ...changes } as never);
    expect(describeIt).toThrow(words);
    const expected = { code: 'INVALID_CATALOG', facts: { endpoint: { ...cloud, ...changes }.id, path } };
    expect(describeIt).toThrow(expect.objectContaining(expected) as Error);
  });
});

describe('a server that the application names', () => {
  const site = {
    id: 'site',
    placement: 'site',
    protocol: 'oip',
    url: 'http://10.0.0.7:8420',
    model: 'auto:{domain}',
    tasks: ['text-classification'],
  } as const;

  it('is a tier with what its description leaves out, and known by where it is and what it is asked', () => {
    const { endpoint, model: ofCode } = toOwnEndpoint(site);
    expect(endpoint).toMatchObject({ ...site, language: ['mul'], timeoutMs: 30_000, price: { perCall: 0 } });
    expect(ofCode).toBeUndefined();
    const elsewhere = toOwnEndpoint({ ...site, url: 'http://10.0.0.8:8420' });
    expect(endpoint.contentId).toBe(toOwnEndpoint(site).endpoint.contentId);
    expect(endpoint.contentId).not.toBe(elsewhere.endpoint.contentId);
  });

  it('is asked there, and by no model of the application', async () => {
    const ports = createFakePorts({ models: { nano: { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) } } });
    const asked: string[] = [];
    const fetch: Fetch = async ({ url }) => {
      asked.push(url);
      throw new Error('nobody there');
    };
    const runtime = createRuntime({ ...ports, fetch, endpoints: [toOwnEndpoint(site)] });
    await runtime.run({ text: 'freeze my card', domain: 'bank', policy: 'site' }).catch(() => undefined);
    expect(asked[0]).toBe('http://10.0.0.7:8420/v2/models/auto%3Abank/infer');
  });

  it('is refused where its address carries a secret', () => {
    expect(() => toOwnEndpoint({ ...site, url: 'http://me:secret@10.0.0.7/' })).toThrow('without credentials');
  });
});
