import type { EngineModel } from '../ports/model-engine.js';
import { groupByLength } from '../tasks/batch-groups.js';
import { encoderFeeds } from '../tasks/encoder-feeds.js';
import type { EncoderGraph } from './encoder-host.js';
import { cannotRun } from './session-faults.js';

/**
 * Reads what the head of a Terrace graph is multiplied with: [rows, features] for [rows] of token ids.
 * @param delta the graph's other inputs
 */
export type FeatureRun<Tensor> = (
  rows: readonly (readonly number[])[],
  delta: Readonly<Record<string, Tensor>>,
) => Promise<Float32Array>;

/**
 * Features where there are layers are the embedding. A graph without layers may have an output for them; otherwise they
 * are the logits of a head that changes nothing.
 * @throws EngineError for a graph of another layout
 */
export function createFeatureRun<Tensor>(
  { modelId, graph: { interface: layout, layers, features }, batchSensitive }: EngineModel,
  graph: EncoderGraph<Tensor>,
): FeatureRun<Tensor> {
  if (layout !== 'terrace') throw cannotRun(modelId, 'it takes no head');
  const own = layers > 0 ? 'embedding' : graph.outputNames.find((name) => name === 'features');
  const head = own === undefined ? identityHead(graph, features) : {};
  const output = own ?? 'logits';
  // What is fitted must be what is served: where company changes values, every row runs by itself.
  const maxPadding = batchSensitive ? 0 : graph.maxPadding;
  return async (rows, delta) => {
    const values = new Float32Array(rows.length * features);
    for (const group of groupByLength(rows, maxPadding)) {
      const { input_ids: ids, attention_mask: mask } = encoderFeeds(group.map((index) => rows[index]!));
      const feeds = { ...delta, ...head, input_ids: graph.toTensor(ids), attention_mask: graph.toTensor(mask) };
      const { data } = await graph.run(feeds, output);
      for (const [i, index] of group.entries()) {
        values.set(data.subarray(i * features, (i + 1) * features), index * features);
      }
    }
    return values;
  };
}

/** Multiplied with ones and zeros every feature comes out as it went in. */
function identityHead<Tensor>({ toTensor }: EncoderGraph<Tensor>, features: number): Record<string, Tensor> {
  const weight = new Float32Array(features * features);
  for (let i = 0; i < features; i++) weight[i * features + i] = 1;
  return {
    head_w: toTensor({ type: 'float32', data: weight, dims: [features, features] }),
    head_b: toTensor({ type: 'float32', data: new Float32Array(features), dims: [features] }),
  };
}
