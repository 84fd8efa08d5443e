import type { Matrix } from '../../ports/mat-mul.js';
import type { Norm } from './encoder-weights.js';

export interface Normalised {
  readonly output: Matrix;
  /** [rows, columns]: before weight and bias, mean 0 and variance 1 a row. */
  readonly standard: Float32Array;
  /** [rows]: one over the standard deviation. */
  readonly inverse: Float32Array;
}

/** Layer normalisation of each row. @see Ba et al., Layer normalization (2016) */
export function normalise({ rows, columns, data }: Matrix, { weight, bias, epsilon }: Norm): Normalised {
  const output = new Float32Array(rows * columns);
  const standard = new Float32Array(rows * columns);
  const inverse = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += data[at + i]!;
    const mean = sum / columns;
    let squares = 0;
    for (let i = 0; i < columns; i++) squares += (data[at + i]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / columns + epsilon);
    inverse[row] = scale;
    for (let i = 0; i < columns; i++) {
      const value = (data[at + i]! - mean) * scale;
      standard[at + i] = value;
      output[at + i] = value * weight[i]! + bias[i]!;
    }
  }
  return { output: { rows, columns, data: output }, standard, inverse };
}

/**
 * @param gradient of the output, [rows, columns]
 * @returns the gradient of what was normalised
 */
export function normaliseBackward(
  { rows, columns, data: gradient }: Matrix,
  { standard, inverse }: Normalised,
  { weight }: Norm,
): Matrix {
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    let [sum, along] = [0, 0];
    for (let i = 0; i < columns; i++) {
      const each = gradient[at + i]! * weight[i]!;
      sum += each;
      along += each * standard[at + i]!;
    }
    for (let i = 0; i < columns; i++) {
      const each = gradient[at + i]! * weight[i]!;
      data[at + i] = inverse[row]! * (each - sum / columns - (standard[at + i]! * along) / columns);
    }
  }
  return { rows, columns, data };
}
