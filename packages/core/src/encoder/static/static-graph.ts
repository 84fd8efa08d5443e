import type { PlainTensor } from '../../tasks/encoder-feeds.js';
import type { EncoderGraph } from '../encoder-host.js';
import { multiplyHead } from './multiply-head.js';
import { staticGraph } from './static-run.js';
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
  return staticGraph({
    shape: weights,
    pool: (ids) => pool(weights, ids),
    toTensor: (tensor) => tensor,
    multiply: multiplyHead,
  });
}

/**
 * A pair of columns after the other, so that what is summed and compared stays at hand. What does not count is left out,
 * where the graph sets it far away from every extreme.
 * @returns [3 x width] weighted: the mean, the largest and the smallest values
 */
function pool(
  { width, tokens, scales, zeroPoints, lowest, highest, meanWeight, extremeWeight }: StaticWeights,
  counted: readonly number[],
): Float32Array {
  const share = meanWeight / Math.max(counted.length, highest);
  const clip = (value: number): number => Math.min(Math.max(value, lowest), highest) * extremeWeight;
  const features = new Float32Array(3 * width);
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
