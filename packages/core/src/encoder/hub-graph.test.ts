import { expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { PlainTensor } from '../tasks/encoder-feeds.js';
import type { EncoderGraph } from './encoder-host.js';
import { runHubGraph } from './hub-graph.js';

type Feeds = Record<string, PlainTensor>;

/** A graph that gives back these values under any output name, and remembers which was asked for. */
function graphOf(
  { inputs = ['input_ids'], outputs }: { inputs?: string[]; outputs: string[] },
  values: readonly number[] = [],
  dims: readonly number[] = [1, values.length],
): EncoderGraph<PlainTensor> & { asked: string[]; fed: Feeds } {
  const asked: string[] = [];
  const fed: Feeds = {};
  return {
    asked,
    fed,
    maxPadding: 1.2,
    emptyRank: 0,
    toTensor: (tensor) => tensor,
    inputNames: inputs,
    outputNames: outputs,
    async run(feeds, output) {
      asked.push(output);
      Object.assign(fed, feeds);
      return { data: Float32Array.from(values), dims };
    },
    release: async () => undefined,
  };
}

it('feeds ids as int64, a row a text, shorter ones filled up', async () => {
  const graph = graphOf({ outputs: ['logits'] }, [1, 2, 3, 4], [2, 2]);
  await runHubGraph(
    graph,
    [
      [101, 7, 102],
      [101, 102],
    ],
    'text-classification',
  );
  const { input_ids: ids } = graph.fed;
  expect(ids!.type).toBe('int64');
  expect(ids!.dims).toEqual([2, 3]);
  expect(Array.from(ids!.data as BigInt64Array)).toEqual([101n, 7n, 102n, 101n, 102n, 0n]);
});

it('feeds mask and types where the graph asks for them, and only there', async () => {
  const plain = graphOf({ outputs: ['logits'] }, [1]);
  await runHubGraph(plain, [[1]], 'text-classification');
  expect(Object.keys(plain.fed)).toEqual(['input_ids']);
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'];
  const graph = graphOf({ inputs, outputs: ['logits'] }, [1, 2], [2, 1]);
  await runHubGraph(graph, [[101, 102], [101]], 'text-classification');
  expect(Object.keys(graph.fed)).toEqual(inputs);
  expect(Array.from(graph.fed['attention_mask']!.data as BigInt64Array)).toEqual([1n, 1n, 1n, 0n]);
  expect(Array.from(graph.fed['token_type_ids']!.data as BigInt64Array)).toEqual([0n, 0n, 0n, 0n]);
});

it('reads logits as they are, a row a text', async () => {
  const graph = graphOf({ outputs: ['logits'] }, [0.5, -2, 3, 4], [2, 2]);
  expect(await runHubGraph(graph, [[1], [2]], 'text-classification')).toEqual([
    Float32Array.of(0.5, -2),
    Float32Array.of(3, 4),
  ]);
});

it('makes an embedding of the mean over tokens, of unit length, padding left out', async () => {
  const graph = graphOf({ outputs: ['last_hidden_state'] }, [6, 0, 0, 8, 0, 2, 9, 9], [2, 2, 2]);
  const vectors = await runHubGraph(graph, [[1, 2], [3]], 'feature-extraction');
  expect(vectors.map((vector) => Array.from(vector, (value) => Number(value.toFixed(6))))).toEqual([
    [0.6, 0.8],
    [0, 1],
  ]);
});

it('prefers the embedding that the graph makes itself', async () => {
  const graph = graphOf({ outputs: ['last_hidden_state', 'sentence_embedding'] }, [3, 4]);
  await runHubGraph(graph, [[1, 2]], 'feature-extraction');
  expect(graph.asked).toEqual(['sentence_embedding']);
});

it('gives a vector of zeros back without dividing by nothing', async () => {
  const graph = graphOf({ outputs: ['sentence_embedding'] }, [0, 0]);
  expect(await runHubGraph(graph, [[1]], 'feature-extraction')).toEqual([Float32Array.of(0, 0)]);
});

it('says which outputs there are when the one it needs is not', async () => {
  const graph = graphOf({ outputs: ['pooled', 'other'] });
  const error: unknown = await runHubGraph(graph, [[1]], 'text-classification').catch((caught: unknown) => caught);
  expect(EngineError.isInstance(error)).toBe(true);
  expect((error as EngineError).message).toContain('pooled, other');
  expect((error as EngineError).hint).toContain('logits');
});
