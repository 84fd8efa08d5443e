import type { Matrix } from '../../ports/mat-mul.js';

/**
 * What a label's own name says of it: its unit feature, less what all names have in common.
 * @param labelFeatures [labels, features]
 * @returns [labels, features + 1]; it says nothing of the bias
 */
export function namePrior({ rows, columns, data }: Matrix): Matrix {
  const width = columns + 1;
  const out = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const length = Math.hypot(...data.subarray(i * columns, (i + 1) * columns)) || 1;
    for (let j = 0; j < columns; j++) out[i * width + j] = data[i * columns + j]! / length;
  }
  for (let j = 0; j < columns; j++) {
    let mean = 0;
    for (let i = 0; i < rows; i++) mean += out[i * width + j]! / rows;
    for (let i = 0; i < rows; i++) out[i * width + j]! -= mean;
  }
  return { rows, columns: width, data: out };
}

export function scaled({ rows, columns, data }: Matrix, strength: number): Matrix {
  return { rows, columns, data: data.map((value) => strength * value) };
}
