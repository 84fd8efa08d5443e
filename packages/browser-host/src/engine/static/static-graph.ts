import { EngineError, type EncoderGraph, type PlainTensor } from '@terrace/core/engine';
import { BLOCK, readStaticWeights, type StaticWeights } from './static-weights.js';

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
    inputNames: ['input_ids', 'attention_mask', 'head_w', 'head_b'],
    outputNames: ['embedding', 'logits', 'features'],
    takesBatches: true,
    emptyRank: 0,
    toTensor: (tensor) => tensor,
    run: async (feeds, output) => runStatic(weights, feeds, output),
    release: async () => undefined,
  };
}

function runStatic(weights: StaticWeights, feeds: Readonly<Record<string, PlainTensor>>, output: string) {
  const ids = feeds['input_ids']!.data as BigInt64Array;
  const mask = feeds['attention_mask']!.data as BigInt64Array;
  const [rows = 0, tokens = 0] = feeds['input_ids']!.dims;
  const head = { w: feeds['head_w']!.data as Float32Array, b: feeds['head_b']!.data as Float32Array };
  const results: Float64Array[] = [];
  for (let from = 0; from < rows * tokens; from += tokens) {
    const features = pool(weights, ids.subarray(from, from + tokens), mask.subarray(from, from + tokens));
    if (output === 'embedding') normalise(weights, features);
    results.push(output === 'logits' ? classify(features, head) : features);
  }
  const columns = output === 'embedding' ? weights.width : (results[0]?.length ?? 0);
  const data = new Float32Array(rows * columns);
  for (const [row, values] of results.entries()) data.set(values.subarray(0, columns), row * columns);
  return { data, dims: [rows, columns] };
}

/** @returns [3 x width] weighted: the mean, the largest and the smallest values */
function pool(weights: StaticWeights, ids: BigInt64Array, mask: BigInt64Array): Float64Array {
  const { width, special, farAway, lowest, highest, meanWeight, extremeWeight } = weights;
  const features = new Float64Array(3 * width);
  const [mean, largest, smallest] = [0, 1, 2].map((i) => features.subarray(i * width, (i + 1) * width)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  largest.fill(-Infinity);
  smallest.fill(Infinity);
  const vector = new Float64Array(width);
  let count = 0;
  for (let token = 0; token < ids.length; token++) {
    const id = Number(ids[token]);
    const counts = mask[token] === 1n && !special.includes(id);
    dequantise(weights, id, vector);
    if (counts) count++;
    // What does not count is far away from every extreme, as in the graph.
    const away = counts ? 0 : farAway;
    for (let i = 0; i < width; i++) {
      const value = vector[i]!;
      if (counts) mean[i]! += value;
      if (value - away > largest[i]!) largest[i] = value - away;
      if (value + away < smallest[i]!) smallest[i] = value + away;
    }
  }
  const clip = (value: number): number => Math.min(Math.max(value, lowest), highest) * extremeWeight;
  for (let i = 0; i < width; i++) {
    mean[i]! *= meanWeight / Math.max(count, highest);
    largest[i] = clip(largest[i]!);
    smallest[i] = clip(smallest[i]!);
  }
  return features;
}

/** @throws EngineError for a token that is not in the vocabulary */
function dequantise(
  { vocabulary, width, tokens, scales, zeroPoints }: StaticWeights,
  id: number,
  into: Float64Array,
): void {
  if (id < 0 || id >= vocabulary) throw unknownToken(id, vocabulary);
  const blocks = width / BLOCK;
  for (let block = 0; block < blocks; block++) {
    const at = id * blocks + block;
    const scale = scales[at]!;
    const zero = (zeroPoints[at >> 1]! >> (4 * (at & 1))) & 15;
    const from = (id * width + block * BLOCK) >> 1;
    for (let i = 0; i < BLOCK / 2; i++) {
      const pair = tokens[from + i]!;
      into[block * BLOCK + 2 * i] = ((pair & 15) - zero) * scale;
      into[block * BLOCK + 2 * i + 1] = ((pair >> 4) - zero) * scale;
    }
  }
}

/** Makes the mean, in its place, a vector of unit length. */
function normalise({ width, smallestNorm, meanWeight }: StaticWeights, features: Float64Array): void {
  const mean = features.subarray(0, width);
  let squares = 0;
  for (const value of mean) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), smallestNorm * meanWeight);
  for (let i = 0; i < width; i++) mean[i]! /= norm;
}

/** @param head f32 [3 x width, labels] and [labels] */
function classify(features: Float64Array, head: { readonly w: Float32Array; readonly b: Float32Array }): Float64Array {
  const labels = head.b.length;
  const sums = Float64Array.from(head.b);
  for (const [row, feature] of features.entries()) {
    const from = row * labels;
    for (let label = 0; label < labels; label++) sums[label]! += feature * head.w[from + label]!;
  }
  return sums;
}

const unknownToken = (id: number, vocabulary: number): EngineError =>
  new EngineError({
    message: `Token ${id} is not among the ${vocabulary} of the model.`,
    hint: "Take the tokenizer that the model's publisher gives with it.",
    facts: { token: id, vocabulary },
  });
