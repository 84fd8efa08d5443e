import { EngineError } from '../../errors/engine-error.js';
import type { PlainTensor } from '../../tasks/encoder-feeds.js';
import type { EncoderGraph } from '../encoder-host.js';
import type { StaticWeights } from './static-weights.js';

/** How a static encoder is computed. */
interface StaticMeans<Tensor> {
  readonly shape: Pick<StaticWeights, 'vocabulary' | 'width' | 'special' | 'smallestNorm' | 'meanWeight'>;
  /**
   * @param ids of the tokens that count
   * @returns [3 x width] weighted: the mean, the largest and the smallest values; good until the next call
   */
  readonly pool: (ids: readonly number[]) => Float32Array;
  readonly toTensor: (tensor: PlainTensor) => Tensor;
  /**
   * @param features f32 [rows, features]
   * @param head [features, labels]
   * @param shape that the head is to have, by features and biases
   * @returns f32 [rows, labels], without biases
   */
  readonly multiply: (features: Float32Array, head: Tensor, shape: readonly [number, number]) => Float32Array;
}

/** The graph of a static encoder: whatever of it does not depend on how it is computed. */
export function staticGraph<Tensor extends Pick<PlainTensor, 'dims'>>({
  shape,
  pool,
  toTensor,
  multiply,
}: StaticMeans<Tensor>): EncoderGraph<Tensor | PlainTensor> {
  const columns = 3 * shape.width;
  const featuresOf = (feeds: Feeds<Tensor>): Float32Array => {
    const [ids, mask] = [dataOf(feeds, 'input_ids'), dataOf(feeds, 'attention_mask')] as [BigInt64Array, BigInt64Array];
    const [rows = 0, tokens = 0] = feeds['input_ids']!.dims;
    const features = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const [from, to] = [row * tokens, (row + 1) * tokens];
      features.set(pool(countedTokens(shape, ids.subarray(from, to), mask.subarray(from, to))), row * columns);
    }
    return features;
  };

  const classify = (features: Float32Array, feeds: Feeds<Tensor>): Float32Array => {
    const bias = dataOf(feeds, 'head_b') as Float32Array;
    const scores = multiply(features, feeds['head_w'] as Tensor, [columns, bias.length]);
    for (let i = 0; i < scores.length;) for (const value of bias) scores[i++]! += value;
    return scores;
  };

  return {
    inputNames: ['input_ids', 'attention_mask', 'head_w', 'head_b'],
    outputNames: ['embedding', 'logits', 'features'],
    // It is left out, not computed.
    maxPadding: Infinity,
    emptyRank: 0,
    toTensor,
    async run(feeds, output) {
      const features = featuresOf(feeds);
      const rows = features.length / columns;
      const data = output === 'logits' ? classify(features, feeds) : features;
      if (output === 'embedding') return { data: embeddingsOf(features, shape), dims: [rows, shape.width] };
      return { data, dims: [rows, data.length / rows] };
    },
    release: async () => undefined,
  };
}

type Feeds<Tensor> = Readonly<Record<string, Tensor | PlainTensor>>;

const dataOf = (feeds: Feeds<unknown>, name: string): PlainTensor['data'] => (feeds[name] as PlainTensor).data;

/**
 * Those that are part of the text.
 * @throws EngineError for a token that is not in the vocabulary
 */
function countedTokens(
  { vocabulary, special }: StaticMeans<never>['shape'],
  ids: BigInt64Array,
  mask: BigInt64Array,
): number[] {
  const all = Array.from(ids, Number);
  for (const id of all) if (id < 0 || id >= vocabulary) throw unknownToken(id, vocabulary);
  return all.filter((id, token) => mask[token] === 1n && !special.includes(id));
}

/** The means, as vectors of unit length. */
function embeddingsOf(features: Float32Array, { width, smallestNorm, meanWeight }: StaticMeans<never>['shape']) {
  const embeddings = new Float32Array(features.length / 3);
  for (let from = 0; from < embeddings.length; from += width) {
    const mean = features.subarray(3 * from, 3 * from + width);
    let squares = 0;
    for (const value of mean) squares += value * value;
    const norm = Math.max(Math.sqrt(squares), smallestNorm * meanWeight);
    for (let i = 0; i < width; i++) embeddings[from + i] = mean[i]! / norm;
  }
  return embeddings;
}

const unknownToken = (id: number, vocabulary: number): EngineError =>
  new EngineError({
    message: `Token ${id} is not among the ${vocabulary} of the model.`,
    hint: "Take the tokenizer that the model's publisher gives with it.",
    facts: { token: id, vocabulary },
  });
