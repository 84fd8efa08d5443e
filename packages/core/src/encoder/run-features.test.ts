import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { EngineModel, GraphShape } from '../ports/model-engine.js';
import type { PlainTensor } from '../tasks/encoder-feeds.js';
import type { EncoderGraph } from './encoder-host.js';
import { createFeatureRun } from './run-features.js';

const file = { location: 'x', bytes: 1, sha256: '0'.repeat(64) };
const modelOf = (shape: Partial<GraphShape>, batchSensitive = false): EngineModel => ({
  variantId: 'v',
  modelId: 'm',
  provider: 'cpu',
  batchSensitive,
  weights: file,
  tokenizer: file,
  tokenizerConfig: undefined,
  graph: { interface: 'terrace', layers: 0, hidden: 2, features: 2, ...shape },
  contextTokens: 8,
  expectedRunMs: 1,
});

/** Its features of a text are its first token and the number of texts that shared the run. */
function openGraph({ outputNames = ['embedding', 'logits'], maxPadding = 1.2 } = {}) {
  const runs: { readonly output: string; readonly texts: number }[] = [];
  const graph: EncoderGraph<PlainTensor> = {
    inputNames: [],
    outputNames,
    maxPadding,
    emptyRank: 0,
    toTensor: (tensor) => tensor,
    async run(feeds, output) {
      const [texts = 0, width = 0] = feeds['input_ids']!.dims;
      runs.push({ output, texts });
      const features = Array.from({ length: texts }, (_, i) => [Number(feeds['input_ids']!.data[i * width]), texts]);
      if (output !== 'logits') return { data: Float32Array.from(features.flat()), dims: [texts, 2] };
      const { data: weight } = feeds['head_w'] as { data: Float32Array };
      const { data: bias } = feeds['head_b'] as { data: Float32Array };
      const logits = features.flatMap(([a, b]) =>
        Array.from(bias, (start, label) => start + a! * weight[label]! + b! * weight[bias.length + label]!),
      );
      return { data: Float32Array.from(logits), dims: [texts, bias.length] };
    },
    release: async () => undefined,
  };
  return { graph, runs };
}

const ROWS = [
  [7, 1, 1, 1, 1, 1, 1, 1],
  [8, 1],
  [9, 1],
];

describe('createFeatureRun', () => {
  it('reads the embedding where there are layers, similar lengths together, in order', async () => {
    const { graph, runs } = openGraph();
    const run = createFeatureRun(modelOf({ layers: 3 }), graph);
    expect(Array.from(await run(ROWS, {}))).toEqual([7, 1, 8, 2, 9, 2]);
    expect(runs).toEqual([
      { output: 'embedding', texts: 2 },
      { output: 'embedding', texts: 1 },
    ]);
  });

  it.each([
    ['company changes values', true, {}],
    ['a graph takes one text at a time', false, { maxPadding: 0 }],
  ])('runs every text by itself where %s', async (_, batchSensitive, how) => {
    const { graph, runs } = openGraph(how);
    const run = createFeatureRun(modelOf({ layers: 3 }, batchSensitive), graph);
    expect(Array.from(await run(ROWS, {}))).toEqual([7, 1, 8, 1, 9, 1]);
    expect(runs).toHaveLength(3);
  });

  it("takes the logits of a head that changes nothing where there are no layers, and not the delta's own", async () => {
    const { graph, runs } = openGraph();
    const head_w = { type: 'float32', data: Float32Array.of(5, 5), dims: [2, 1] } as const;
    const head_b = { type: 'float32', data: Float32Array.of(5), dims: [1] } as const;
    const run = createFeatureRun(modelOf({}), graph);
    expect(Array.from(await run(ROWS, { head_w, head_b }))).toEqual([7, 1, 8, 2, 9, 2]);
    expect(runs[0]!.output).toBe('logits');
  });

  it('takes the features themselves where a graph has them', async () => {
    const { graph, runs } = openGraph({ outputNames: ['embedding', 'logits', 'features'] });
    expect(Array.from(await createFeatureRun(modelOf({}), graph)(ROWS, {}))).toEqual([7, 1, 8, 2, 9, 2]);
    expect(runs[0]!.output).toBe('features');
  });

  it('refuses a graph that takes no head', () => {
    expect(() => createFeatureRun(modelOf({ interface: 'transformers' }), openGraph().graph)).toThrow(EngineError);
  });
});
