import { describe, expect, it } from 'vitest';
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
