import { readOnnx } from '../delta/layers/onnx-file.js';

/**
 * The model with something added to one of its matrices, as a delta that is merged into the weights would be.
 * @param name of a matrix f32 [in, out]
 */
export function mergeInto(
  model: Uint8Array,
  name: string,
  change: (row: number, column: number) => number,
): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(model);
  // A view into the copy.
  const { data, dims } = readOnnx(copy).tensors.find((tensor) => tensor.name === name)!;
  const [rows = 0, columns = 0] = dims;
  const values = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * columns + column);
      values.setFloat32(at, values.getFloat32(at, true) + change(row, column), true);
    }
  }
  return copy;
}
