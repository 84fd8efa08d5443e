import type { Matrix } from '../../ports/mat-mul.js';
import type { Head } from './head.js';

/**
 * How features are put before a fit: about their mean, all columns by one number so that a penalty means the same for
 * every model, and with a constant column for the bias. Columns are not scaled one by one: how much each varies is part
 * of what the model knows.
 */
export interface Centring {
  readonly mean: Float64Array;
  /** The mean squared length of a row becomes 1, as that of a unit embedding is. */
  readonly scale: number;
  /** As large as a feature is on average, so that the bias is learnt as fast as weights are. */
  readonly constant: number;
}

/** @param features not empty */
export function centringOf({ rows, columns, data }: Matrix): Centring {
  const mean = new Float64Array(columns);
  let squares = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const value = data[i * columns + j]!;
      mean[j]! += value / rows;
      squares += (value * value) / rows;
    }
  return { mean, scale: squares > 0 ? 1 / Math.sqrt(squares) : 1, constant: 1 / Math.sqrt(columns) };
}

/** @returns [rows, features + 1] */
export function centred({ rows, columns, data }: Matrix, { mean, scale, constant }: Centring): Matrix {
  const width = columns + 1;
  const out = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[i * width + j] = (data[i * columns + j]! - mean[j]!) * scale;
    out[i * width + columns] = constant;
  }
  return { rows, columns: width, data: out };
}

/** @param parameters [labels, features + 1], of centred features. @returns the same for features as the model gives them */
export function headOf(parameters: Matrix, labels: readonly string[], centring: Centring): Head {
  const width = parameters.columns;
  const columns = width - 1;
  const weight = new Float32Array(labels.length * columns);
  const bias = new Float32Array(labels.length);
  for (let label = 0; label < labels.length; label++) {
    let sum = parameters.data[label * width + columns]! * centring.constant;
    for (let j = 0; j < columns; j++) {
      const value = parameters.data[label * width + j]! * centring.scale;
      weight[label * columns + j] = value;
      sum -= value * centring.mean[j]!;
    }
    bias[label] = sum;
  }
  return { labels, weight, bias };
}

/** A head's own columns as parameters of centred features: what `headOf` makes a head of. @returns [labels, features + 1] */
export function parametersOf({ labels, weight, bias }: Head, { mean, scale, constant }: Centring): Matrix {
  const columns = mean.length;
  const width = columns + 1;
  const data = new Float32Array(labels.length * width);
  for (let label = 0; label < labels.length; label++) {
    let sum = bias[label]!;
    for (let j = 0; j < columns; j++) {
      const value = weight[label * columns + j]!;
      data[label * width + j] = value / scale;
      sum += value * mean[j]!;
    }
    data[label * width + columns] = sum / constant;
  }
  return { rows: labels.length, columns: width, data };
}
