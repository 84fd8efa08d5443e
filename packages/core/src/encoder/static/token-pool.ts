import { growMemory, type CreateKernel } from './static-kernel.js';
import { BLOCK, type StaticWeights } from './static-weights.js';

const ID_BYTES = 4;
const FLOAT_BYTES = 4;
/** Tokens that are pooled at a time, at first. */
const TOKENS = 512;

/**
 * Pools token vectors, which are copied into WebAssembly memory.
 * @returns what gives f32 [3 x width] for the ids of tokens, weighted: the mean, the largest and the smallest values
 */
export function createTokenPool(
  createKernel: CreateKernel,
  { width, tokens, scales, zeroPoints, lowest, highest, meanWeight, extremeWeight }: StaticWeights,
): (ids: readonly number[]) => Float32Array {
  const scalesAt = tokens.length;
  const zerosAt = scalesAt + scales.byteLength;
  // As a multiple of what is stored there.
  const outAt = Math.ceil((zerosAt + zeroPoints.length) / BLOCK) * BLOCK;
  const idsAt = outAt + 3 * width * FLOAT_BYTES;
  const kernel = createKernel(idsAt);
  const stored = kernel.memory.buffer;
  new Uint8Array(stored).set(tokens);
  new Float32Array(stored, scalesAt, scales.length).set(scales);
  new Uint8Array(stored).set(zeroPoints, zerosAt);
  const withRoom = (count: number) => {
    growMemory(kernel, idsAt + count * ID_BYTES);
    const { buffer } = kernel.memory;
    return { ids: new Int32Array(buffer, idsAt, count), out: new Float32Array(buffer, outAt, 3 * width) };
  };
  let room = withRoom(TOKENS);
  return (ids) => {
    if (ids.length > room.ids.length) room = withRoom(ids.length);
    room.ids.set(ids);
    const share = meanWeight / Math.max(ids.length, highest);
    kernel.pool(idsAt, ids.length, scalesAt, zerosAt, width, outAt, share, lowest, highest, extremeWeight);
    return room.out;
  };
}
