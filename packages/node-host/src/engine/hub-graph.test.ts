import { EngineError } from '@terrace/core';
import { Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { hubFeeds, readHubOutput } from './hub-graph.js';
import type { Feeds, OrtGraph } from './ort-graph.js';

/** A graph that gives back these values under any output name, and remembers which was asked for. */
function graphOf(
  { inputs = ['input_ids'], outputs }: { inputs?: string[]; outputs: string[] },
  values: readonly number[] = [],
  dims: readonly number[] = [1, values.length],
): OrtGraph & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    inputNames: inputs,
    outputNames: outputs,
    async run(_: Feeds, output) {
      asked.push(output);
      return new Tensor('float32', Float32Array.from(values), dims);
    },
    release: async () => undefined,
  };
}

it('feeds ids as int64, one row', () => {
  const { input_ids: ids } = hubFeeds(graphOf({ outputs: [] }), [101, 7, 102]);
  expect(ids!.type).toBe('int64');
  expect(ids!.dims).toEqual([1, 3]);
  expect(Array.from(ids!.data as BigInt64Array)).toEqual([101n, 7n, 102n]);
});

it('feeds mask and types where the graph asks for them, and only there', () => {
  expect(Object.keys(hubFeeds(graphOf({ outputs: [] }), [1]))).toEqual(['input_ids']);
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'];
  const feeds = hubFeeds(graphOf({ inputs, outputs: [] }), [101, 102]);
  expect(Object.keys(feeds)).toEqual(inputs);
  expect(Array.from(feeds['attention_mask']!.data as BigInt64Array)).toEqual([1n, 1n]);
  expect(Array.from(feeds['token_type_ids']!.data as BigInt64Array)).toEqual([0n, 0n]);
});

it('reads logits as they are', async () => {
  const graph = graphOf({ outputs: ['logits'] }, [0.5, -2]);
  expect(await readHubOutput(graph, {}, 'text-classification')).toEqual(Float32Array.of(0.5, -2));
});

it('makes an embedding of the mean over tokens, of unit length', async () => {
  const graph = graphOf({ outputs: ['last_hidden_state'] }, [6, 0, 0, 8], [1, 2, 2]);
  const vector = await readHubOutput(graph, {}, 'feature-extraction');
  expect(Array.from(vector, (value) => Number(value.toFixed(6)))).toEqual([0.6, 0.8]);
});

it('prefers the embedding that the graph makes itself', async () => {
  const graph = graphOf({ outputs: ['last_hidden_state', 'sentence_embedding'] }, [3, 4]);
  await readHubOutput(graph, {}, 'feature-extraction');
  expect(graph.asked).toEqual(['sentence_embedding']);
});

it('gives a vector of zeros back without dividing by nothing', async () => {
  const graph = graphOf({ outputs: ['sentence_embedding'] }, [0, 0]);
  expect(await readHubOutput(graph, {}, 'feature-extraction')).toEqual(Float32Array.of(0, 0));
});

it('says which outputs there are when the one it needs is not', async () => {
  const graph = graphOf({ outputs: ['pooled', 'other'] });
  const error: unknown = await readHubOutput(graph, {}, 'text-classification').catch((caught: unknown) => caught);
  expect(EngineError.isInstance(error)).toBe(true);
  expect((error as EngineError).message).toContain('pooled, other');
  expect((error as EngineError).hint).toContain('logits');
});
