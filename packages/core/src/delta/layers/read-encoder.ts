import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import { BLOCK, nibble } from './dequantise.js';
import { shapeOf } from './encoder-shape.js';
import type { EncoderWeights } from './encoder-weights.js';
import { normalise } from './layer-norm.js';
import { readBytes, readFloats, readLayer, readNorm } from './layer-tensors.js';
import { readOnnx, type OnnxGraph } from './onnx-file.js';

/**
 * The weights of an encoder file of either variant, 8-bit by columns or 4-bit by blocks. Both hold the same function.
 * @returns undefined when the graph is another one: it can be run, but not be computed here
 * @throws ArtifactCorruptError when the file is damaged
 */
export function readEncoder(file: Uint8Array): EncoderWeights | undefined {
  return whole(() => openEncoder(readOnnx(file)));
}

function openEncoder({ nodes, tensors: stored }: OnnxGraph): EncoderWeights | undefined {
  const tensors = new Map(stored.map((tensor) => [tensor.name, tensor]));
  const shape = shapeOf(nodes, tensors);
  if (!shape) return undefined;
  const { hidden, heads, layerCount } = shape;
  const vocabulary = tensors.get('tokens.q')!.dims[0]!;
  const values = vocabulary * hidden;
  const blocks = values / BLOCK;
  const packed = readBytes(tensors, 'tokens.q', { type: 'uint4', bytes: values / 2 });
  const zeroPoints = readBytes(tensors, 'tokens.zp', { type: 'uint4', bytes: Math.ceil(blocks / 2) });
  const scales = readFloats(tensors, 'tokens.scale', blocks);
  const positions = readFloats(tensors, 'positions', tensors.get('positions')!.dims[0]! * hidden);
  const embeddingNorm = readNorm(tensors, 'embeddings.LayerNorm', shape);

  return {
    hidden,
    heads,
    layerCount,
    layer: (index) => whole(() => readLayer(tensors, shape, index)),
    embed(texts) {
      const rows = texts.reduce((sum, { length }) => sum + length, 0);
      const data = new Float32Array(rows * hidden);
      let at = 0;
      for (const text of texts)
        for (const [position, id] of text.entries())
          for (let i = 0; i < hidden; i++) {
            const value = id * hidden + i;
            const block = Math.floor(value / BLOCK);
            const token = (nibble(packed, value) - nibble(zeroPoints, block)) * scales[block]!;
            data[at++] = token + positions[position * hidden + i]!;
          }
      return normalise({ rows, columns: hidden, data }, embeddingNorm).output;
    },
  };
}

function whole<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ArtifactCorruptError({
      message: `The weights of the model cannot be read: ${cause.message}.`,
      hint: 'Fetch the model again.',
      cause,
    });
  }
}
