import { EngineError } from '../../errors/engine-error.js';
import type { PlainTensor } from '../../tasks/encoder-feeds.js';
import type { EncoderGraph } from '../encoder-host.js';
import { BLOCK, readStaticWeights, type StaticWeights } from './static-weights.js';

export const STATIC_LAYOUT = {
  inputNames: ['input_ids', 'attention_mask', 'head_w', 'head_b'],
  outputNames: ['embedding', 'logits', 'features'],
  // It is left out, not computed.
  maxPadding: Infinity,
  emptyRank: 0,
} as const;

/**
 * Runs a static encoder without ONNX Runtime: it is a look-up and a pooling, and to start a runtime for it takes many
 * times as long as to answer. A graph of any other kind is none of its business.
 * @param file an ONNX file
 * @returns undefined when the graph is not exactly the one that is known here
 */
export function openStaticGraph(file: Uint8Array): EncoderGraph<PlainTensor> | undefined {
  const weights = readStaticWeights(file);
  if (!weights) return undefined;
  return {
    ...STATIC_LAYOUT,
    toTensor: (tensor) => tensor,
    run: async (feeds, output) => runStatic(weights, feeds, output),
    release: async () => undefined,
  };
}

function runStatic(weights: StaticWeights, feeds: Readonly<Record<string, PlainTensor>>, output: string) {
  const ids = feeds['input_ids']!.data as BigInt64Array;
  const mask = feeds['attention_mask']!.data as BigInt64Array;
  const [rows = 0, tokens = 0] = feeds['input_ids']!.dims;
  const results: Float64Array[] = [];
  for (let from = 0; from < rows * tokens; from += tokens) {
    const features = pool(weights, ids.subarray(from, from + tokens), mask.subarray(from, from + tokens));
    if (output === 'embedding') normalise(weights, features.subarray(0, weights.width));
    results.push(output === 'logits' ? classify(features, feeds) : features);
  }
  const columns = output === 'embedding' ? weights.width : (results[0]?.length ?? 0);
  const data = new Float32Array(rows * columns);
  for (const [row, values] of results.entries()) data.set(values.subarray(0, columns), row * columns);
  return { data, dims: [rows, columns] };
}

/**
 * A pair of columns after the other, so that what is summed and compared stays at hand. What does not count is left out,
 * where the graph sets it far away from every extreme.
 * @returns [3 x width] weighted: the mean, the largest and the smallest values
 */
function pool(weights: StaticWeights, ids: BigInt64Array, mask: BigInt64Array): Float64Array {
  const { width, tokens, scales, zeroPoints, lowest, highest, meanWeight, extremeWeight } = weights;
  const counted = countedTokens(weights, ids, mask);
  const share = meanWeight / Math.max(counted.length, highest);
  const clip = (value: number): number => Math.min(Math.max(value, lowest), highest) * extremeWeight;
  const features = new Float64Array(3 * width);
  const scale: number[] = [];
  const zero: number[] = [];
  const start: number[] = [];
  for (let from = 0; from < width; from += BLOCK) {
    for (const [i, id] of counted.entries()) {
      const block = (id * width + from) / BLOCK;
      scale[i] = scales[block]!;
      zero[i] = (zeroPoints[block >> 1]! >> (4 * (block & 1))) & 15;
      start[i] = (block * BLOCK) / 2;
    }
    for (let pairInBlock = 0; pairInBlock < BLOCK / 2; pairInBlock++) {
      let sumA = 0;
      let sumB = 0;
      let largestA = -Infinity;
      let largestB = -Infinity;
      let smallestA = Infinity;
      let smallestB = Infinity;
      for (let i = 0; i < counted.length; i++) {
        const pair = tokens[start[i]! + pairInBlock]!;
        const a = ((pair & 15) - zero[i]!) * scale[i]!;
        const b = ((pair >> 4) - zero[i]!) * scale[i]!;
        sumA += a;
        sumB += b;
        if (a > largestA) largestA = a;
        if (b > largestB) largestB = b;
        if (a < smallestA) smallestA = a;
        if (b < smallestB) smallestB = b;
      }
      const column = from + 2 * pairInBlock;
      features[column] = sumA * share;
      features[column + 1] = sumB * share;
      features[width + column] = clip(largestA);
      features[width + column + 1] = clip(largestB);
      features[2 * width + column] = clip(smallestA);
      features[2 * width + column + 1] = clip(smallestB);
    }
  }
  return features;
}

/**
 * Those that are part of the text.
 * @throws EngineError for a token that is not in the vocabulary
 */
export function countedTokens(
  { vocabulary, special }: Pick<StaticWeights, 'vocabulary' | 'special'>,
  ids: BigInt64Array,
  mask: BigInt64Array,
): number[] {
  const all = Array.from(ids, Number);
  for (const id of all) if (id < 0 || id >= vocabulary) throw unknownToken(id, vocabulary);
  return all.filter((id, token) => mask[token] === 1n && !special.includes(id));
}

/** @param mean made a vector of unit length, in its place */
export function normalise(
  { smallestNorm, meanWeight }: Pick<StaticWeights, 'smallestNorm' | 'meanWeight'>,
  mean: Float32Array | Float64Array,
): void {
  let squares = 0;
  for (const value of mean) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), smallestNorm * meanWeight);
  for (let i = 0; i < mean.length; i++) mean[i]! /= norm;
}

/** @param feeds with the head: f32 [3 x width, labels] and [labels] */
function classify(features: Float64Array, feeds: Readonly<Record<string, PlainTensor>>): Float64Array {
  const weights = feeds['head_w']!.data as Float32Array;
  const sums = Float64Array.from(feeds['head_b']!.data as Float32Array);
  for (const [row, feature] of features.entries()) {
    const from = row * sums.length;
    for (let label = 0; label < sums.length; label++) sums[label]! += feature * weights[from + label]!;
  }
  return sums;
}

const unknownToken = (id: number, vocabulary: number): EngineError =>
  new EngineError({
    message: `Token ${id} is not among the ${vocabulary} of the model.`,
    hint: "Take the tokenizer that the model's publisher gives with it.",
    facts: { token: id, vocabulary },
  });
