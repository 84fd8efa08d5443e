import { EngineError } from '../../errors/engine-error.js';
import type { PlainTensor } from '../../tasks/encoder-feeds.js';
import type { EncoderGraph } from '../encoder-host.js';
import { multiplyHead } from './multiply-head.js';
import { packHead, type PackedHead } from './packed-head.js';
import { compileStaticKernel } from './static-kernel.js';
import { staticGraph } from './static-run.js';
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
  const pool = unlessRefused(() => createTokenPool(createKernel, weights));
  if (!pool) return undefined;
  return staticGraph<StaticTensor>({
    shape,
    pool,
    toTensor(tensor) {
      const { dims, data } = tensor;
      const [features = 0, labels = 0] = dims;
      if (dims.length !== 2 || labels < MIN_LABELS || tensor.type !== 'float32') return tensor;
      // A memory reserves gigabytes of addresses, which a process may be denied: slower, it is multiplied as it is.
      const packed = unlessRefused(() => packHead(createKernel, data as Float32Array, { features, labels }));
      return packed ? { dims, packed } : tensor;
    },
    multiply(features, head, expected) {
      if (head.dims.join() !== expected.join()) throw otherHead(head.dims, expected);
      return 'packed' in head ? head.packed.multiply(features) : multiplyHead(features, head);
    },
  });
}

/** One of another shape would be read as if it were of this one. */
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
