import type { TaskId } from '../catalog/fields.js';
import { EngineError } from '../errors/engine-error.js';
import { encoderFeeds } from '../tasks/encoder-feeds.js';
import type { EncoderGraph } from './encoder-host.js';

/** Runs a graph in the plain layout of the Hugging Face hub; [texts] outputs for [texts] rows of token ids. */
export async function runHubGraph<Tensor>(
  graph: EncoderGraph<Tensor>,
  rows: readonly (readonly number[])[],
  task: TaskId,
): Promise<Float32Array[]> {
  const name = outputFor(graph, task);
  const { data, dims } = await graph.run(hubFeeds(graph, rows), name);
  const perRow = data.length / rows.length;
  const hidden = dims.at(-1)!;
  return rows.map(({ length }, row) => {
    const values = data.slice(row * perRow, (row + 1) * perRow);
    return task === 'text-classification' ? values : unitLength(meanOverTokens(values, hidden, length));
  });
}

function hubFeeds<Tensor>(graph: EncoderGraph<Tensor>, rows: readonly (readonly number[])[]): Record<string, Tensor> {
  const { input_ids: ids, attention_mask: mask } = encoderFeeds(rows);
  const feeds: Record<string, Tensor> = { input_ids: graph.toTensor(ids) };
  if (graph.inputNames.includes('attention_mask')) feeds['attention_mask'] = graph.toTensor(mask);
  if (graph.inputNames.includes('token_type_ids')) {
    const data = new BigInt64Array(ids.data.length);
    feeds['token_type_ids'] = graph.toTensor({ type: 'int64', data, dims: ids.dims });
  }
  return feeds;
}

function outputFor(graph: Pick<EncoderGraph<unknown>, 'outputNames'>, task: TaskId): string {
  const wanted =
    task === 'text-classification' ? ['logits'] : ['sentence_embedding', 'last_hidden_state', 'token_embeddings'];
  const name = wanted.find((each) => graph.outputNames.includes(each));
  if (name !== undefined) return name;
  throw new EngineError({
    message: `The graph has no output for ${task}; it has ${graph.outputNames.join(', ')}.`,
    hint: `Export the model with one of these outputs: ${wanted.join(', ')}.`,
    facts: { task },
  });
}

/**
 * @param data [tokens, hidden], or [hidden] where the graph has done it
 * @param tokens rows that are no padding
 */
function meanOverTokens(data: Float32Array, hidden: number, tokens: number): Float32Array {
  const mean = new Float32Array(hidden);
  const read = Math.min(data.length, tokens * hidden);
  for (let i = 0; i < read; i++) mean[i % hidden]! += data[i]! / (read / hidden);
  return mean;
}

function unitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
