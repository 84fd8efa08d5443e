import type { Matrix } from '../../ports/mat-mul.js';

/** Values that share one scale and one zero point, in 4-bit tensors of this interface. */
export const BLOCK = 32;

/** Of 4-bit values packed two a byte, the low half first. */
export const nibble = (packed: Uint8Array, index: number): number =>
  index % 2 === 0 ? packed[index >> 1]! & 15 : packed[index >> 1]! >> 4;

/**
 * (value - zero point) x scale, one scale and zero point a column.
 * @param values [rows, columns]
 * @param zeroPoints [columns]
 * @param scales [columns]
 */
export function dequantiseColumns(
  size: { readonly rows: number; readonly columns: number },
  { values, zeroPoints, scales }: { values: Int8Array; zeroPoints: Int8Array; scales: Float32Array },
): Matrix {
  const data = new Float32Array(size.rows * size.columns);
  for (let at = 0; at < data.length; at++) {
    const column = at % size.columns;
    data[at] = (values[at]! - zeroPoints[column]!) * scales[column]!;
  }
  return { ...size, data };
}

/**
 * The weights of a MatMulNBits node, which is stored by outputs, as a matrix by inputs.
 * @param packed [outputs, inputs / 32 blocks, 16 bytes]
 * @param zeroPoints 4 bits each, [outputs, blocks], every row filled up to whole bytes
 * @param scales [outputs, blocks]
 * @returns [inputs, outputs]
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md (com.microsoft.MatMulNBits)
 */
export function dequantiseBlocks(
  { rows: inputs, columns: outputs }: { readonly rows: number; readonly columns: number },
  { packed, zeroPoints, scales }: { packed: Uint8Array; zeroPoints: Uint8Array; scales: Float32Array },
): Matrix {
  const data = new Float32Array(inputs * outputs);
  const blocks = inputs / BLOCK;
  const zeroPointRow = 2 * Math.ceil(blocks / 2);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      const block = Math.floor(input / BLOCK);
      const zeroPoint = nibble(zeroPoints, output * zeroPointRow + block);
      const value = nibble(packed, output * inputs + input);
      data[input * outputs + output] = (value - zeroPoint) * scales[output * blocks + block]!;
    }
  }
  return { rows: inputs, columns: outputs, data };
}
