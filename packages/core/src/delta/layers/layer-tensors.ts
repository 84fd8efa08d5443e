import type { Matrix } from '../../ports/mat-mul.js';
import { BLOCK, dequantiseBlocks, dequantiseColumns } from './dequantise.js';
import type { EncoderShape } from './encoder-shape.js';
import type { Dense, LayerWeights, Norm } from './encoder-weights.js';
import { DATA_TYPE, type OnnxTensors } from './onnx-file.js';

/** @throws RangeError when a tensor is not of the size that the others ask for */
export function readLayer(tensors: OnnxTensors, { hidden, inner, epsilon }: EncoderShape, index: number): LayerWeights {
  const dense = (name: string, rows: number, columns: number): Dense => ({
    weight: readWeight(tensors, `${index}.${name}`, { rows, columns }),
    bias: readFloats(tensors, `${index}.${name}.bias`, columns),
  });
  const norm = (name: string): Norm => readNorm(tensors, `encoder.layer.${index}.${name}`, { hidden, epsilon });
  const [query, key, value] = ['query', 'key', 'value'].map((name) => dense(name, hidden, hidden));
  return {
    queryKeyValue: sideBySide([query!, key!, value!]),
    output: dense('output', hidden, hidden),
    attentionNorm: norm('attention.output.LayerNorm'),
    up: dense('up', hidden, inner),
    down: dense('down', inner, hidden),
    outputNorm: norm('output.LayerNorm'),
  };
}

/** @throws RangeError when it is not [hidden] */
export function readNorm(
  tensors: OnnxTensors,
  name: string,
  { hidden, epsilon }: Pick<EncoderShape, 'hidden' | 'epsilon'>,
): Norm {
  const [weight, bias] = ['weight', 'bias'].map((part) => readFloats(tensors, `${name}.${part}`, hidden));
  return { weight: weight!, bias: bias!, epsilon };
}

/** @throws RangeError when there are not as many, or of another type */
export function readFloats(tensors: OnnxTensors, name: string, count: number): Float32Array {
  // Copied, because the file may have them at any byte and typed arrays may not; `slice` of a Buffer copies nothing.
  return new Float32Array(new Uint8Array(readBytes(tensors, name, { type: 'float', bytes: 4 * count })).buffer);
}

/** @throws RangeError when there are not as many, or of another type */
export function readBytes(
  tensors: OnnxTensors,
  name: string,
  { type, bytes }: { type: keyof typeof DATA_TYPE; bytes: number },
): Uint8Array {
  const tensor = tensors.get(name);
  if (tensor?.type === DATA_TYPE[type] && tensor.data.byteLength === bytes) return tensor.data;
  throw new RangeError(`"${name}" is not what the other weights ask for`);
}

function readWeight(tensors: OnnxTensors, name: string, size: { rows: number; columns: number }): Matrix {
  const { rows, columns } = size;
  if (tensors.get(`${name}.q`)?.type === DATA_TYPE.int8) {
    const signed = (part: string, bytes: number): Int8Array =>
      new Int8Array(readBytes(tensors, `${name}.${part}`, { type: 'int8', bytes }));
    return dequantiseColumns(size, {
      values: signed('q', rows * columns),
      zeroPoints: signed('qz', columns),
      scales: readFloats(tensors, `${name}.scale`, columns),
    });
  }
  const blocks = rows / BLOCK;
  const packed = (part: string, bytes: number): Uint8Array =>
    readBytes(tensors, `${name}.${part}`, { type: 'uint8', bytes });
  return dequantiseBlocks(size, {
    packed: packed('q', (rows * columns) / 2),
    zeroPoints: packed('zp', columns * Math.ceil(blocks / 2)),
    scales: readFloats(tensors, `${name}.scale`, columns * blocks),
  });
}

function sideBySide(parts: readonly Dense[]): Dense {
  const rows = parts[0]!.weight.rows;
  const columns = parts.reduce((sum, { weight }) => sum + weight.columns, 0);
  const data = new Float32Array(rows * columns);
  const bias = new Float32Array(columns);
  let column = 0;
  for (const part of parts) {
    const width = part.weight.columns;
    bias.set(part.bias, column);
    for (let row = 0; row < rows; row++) {
      data.set(part.weight.data.subarray(row * width, (row + 1) * width), row * columns + column);
    }
    column += width;
  }
  return { weight: { rows, columns, data }, bias };
}
