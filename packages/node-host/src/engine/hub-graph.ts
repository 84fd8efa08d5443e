import { EngineError, type TaskId } from '@terrace/core/engine';
import { Tensor } from 'onnxruntime-node';
import type { Feeds, OrtGraph } from './ort-graph.js';

/** Inputs of a graph in the plain layout of the Hugging Face hub, for one text. */
export function hubFeeds(graph: OrtGraph, ids: readonly number[]): Feeds {
  const dims = [1, ids.length];
  const filled = (value: bigint): Tensor => new Tensor('int64', new BigInt64Array(ids.length).fill(value), dims);
  const feeds: Feeds = { input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims) };
  if (graph.inputNames.includes('attention_mask')) feeds['attention_mask'] = filled(1n);
  if (graph.inputNames.includes('token_type_ids')) feeds['token_type_ids'] = filled(0n);
  return feeds;
}

/** Logits, or the mean of the token vectors scaled to unit length. */
export async function readHubOutput(graph: OrtGraph, feeds: Feeds, task: TaskId): Promise<Float32Array> {
  const wanted =
    task === 'text-classification' ? ['logits'] : ['sentence_embedding', 'last_hidden_state', 'token_embeddings'];
  const name = wanted.find((each) => graph.outputNames.includes(each));
  if (name === undefined) {
    throw new EngineError({
      message: `The graph has no output for ${task}; it has ${graph.outputNames.join(', ')}.`,
      hint: `Export the model with one of these outputs: ${wanted.join(', ')}.`,
      facts: { task },
    });
  }
  const output = await graph.run(feeds, name);
  const data = output.data as Float32Array;
  return task === 'text-classification' ? data : unitLength(meanOverTokens(data, output.dims.at(-1)!));
}

/** @param data [tokens, hidden] */
function meanOverTokens(data: Float32Array, hidden: number): Float32Array {
  const mean = new Float32Array(hidden);
  const tokens = data.length / hidden;
  for (let i = 0; i < data.length; i++) mean[i % hidden]! += data[i]! / tokens;
  return mean;
}

function unitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
