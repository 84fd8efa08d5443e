import { EngineError } from '../../errors/engine-error.js';
import type { PlainTensor } from '../../tasks/encoder-feeds.js';
import type { EncoderGraph } from '../encoder-host.js';
import { packHead, type PackedHead } from './packed-head.js';
import { countedTokens, normalise, STATIC_LAYOUT } from './static-graph.js';
import { compileStaticKernel } from './static-kernel.js';
import { readStaticWeights } from './static-weights.js';
import { createTokenPool } from './token-pool.js';

/** Memory of its own would be mostly empty for a smaller head, which takes JavaScript little time. */
const MIN_LABELS = 16;

/** A head that is packed, or anything else as it is. */
export type StaticTensor = PlainTensor | (Pick<PlainTensor, 'dims'> & { readonly packed: PackedHead });

/**
 * Like `openStaticGraph`, by WebAssembly: as fast in its first run as ever, and several heads cost little more than one,
 * as each is packed when it is made a tensor and not again for every run.
 * @returns undefined when the graph is not exactly the one that is known here, and where WebAssembly is forbidden or has no
 * memory
 */
export function openPackedGraph(file: Uint8Array): EncoderGraph<StaticTensor> | undefined {
  const createKernel = unlessRefused(compileStaticKernel);
  // A view as the reader expects it: of Node's own kind of array `slice` copies nothing.
  const weights = createKernel && readStaticWeights(new Uint8Array(file.buffer, file.byteOffset, file.length));
  if (!weights) return undefined;
  // The file is not kept: what was read of it is in the pool's memory.
  const { tokens: _tokens, scales: _scales, zeroPoints: _zeroPoints, ...shape } = weights;
  const { width } = shape;
  const pool = unlessRefused(() => createTokenPool(createKernel, weights));
  if (!pool) return undefined;

  const featuresOf = (feeds: Readonly<Record<string, StaticTensor>>): Float32Array => {
    const ids = dataOf(feeds['input_ids']) as BigInt64Array;
    const mask = dataOf(feeds['attention_mask']) as BigInt64Array;
    const [rows = 0, tokens = 0] = feeds['input_ids']!.dims;
    const features = new Float32Array(rows * 3 * width);
    for (let row = 0; row < rows; row++) {
      const [from, to] = [row * tokens, (row + 1) * tokens];
      features.set(pool(countedTokens(shape, ids.subarray(from, to), mask.subarray(from, to))), row * 3 * width);
    }
    return features;
  };

  return {
    ...STATIC_LAYOUT,
    toTensor(tensor) {
      const { dims, data } = tensor;
      const [features = 0, labels = 0] = dims;
      if (dims.length !== 2 || labels < MIN_LABELS || tensor.type !== 'float32') return tensor;
      // A memory reserves gigabytes of addresses, which a process may be denied: slower, it is multiplied as it is.
      const packed = unlessRefused(() => packHead(createKernel, data as Float32Array, { features, labels }));
      return packed ? { dims, packed } : tensor;
    },
    async run(feeds, output) {
      const features = featuresOf(feeds);
      const rows = features.length / (3 * width);
      if (output === 'features') return { data: features, dims: [rows, 3 * width] };
      if (output === 'logits') return classify(features, 3 * width, feeds);
      const data = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const mean = features.subarray(row * 3 * width, row * 3 * width + width);
        normalise(shape, mean);
        data.set(mean, row * width);
      }
      return { data, dims: [rows, width] };
    },
    release: async () => undefined,
  };
}

/**
 * @param features f32 [rows, width]
 * @throws EngineError for a head of another shape, which would be read as if it were of this one
 */
function classify(features: Float32Array, width: number, feeds: Readonly<Record<string, StaticTensor>>) {
  const head = feeds['head_w']!;
  const bias = dataOf(feeds['head_b']) as Float32Array;
  if (head.dims[0] !== width || head.dims[1] !== bias.length) throw otherHead(head.dims, [width, bias.length]);
  const rows = features.length / width;
  const data = 'packed' in head ? head.packed.multiply(features) : multiply(features, head);
  for (let row = 0, i = 0; row < rows; row++) for (const value of bias) data[i++]! += value;
  return { data, dims: [rows, bias.length] };
}

function multiply(features: Float32Array, { dims, data: weights }: PlainTensor): Float32Array {
  const [width = 0, labels = 0] = dims;
  const products = new Float32Array((features.length / width) * labels);
  for (const [i, feature] of features.entries()) {
    const to = Math.floor(i / width) * labels;
    const from = (i % width) * labels;
    for (let label = 0; label < labels; label++) {
      products[to + label]! += feature * (weights as Float32Array)[from + label]!;
    }
  }
  return products;
}

const dataOf = (tensor: StaticTensor | undefined): PlainTensor['data'] => (tensor as PlainTensor).data;

const otherHead = (found: readonly number[], expected: readonly number[]): EngineError =>
  new EngineError({
    message: `A head of [${found.join(', ')}] does not fit features and biases of [${expected.join(', ')}].`,
    hint: 'Fit the head again, with the model that it is used with.',
    facts: { found: found.join(), expected: expected.join() },
  });

function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
