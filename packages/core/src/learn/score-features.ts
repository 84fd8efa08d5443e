import type { Head } from '../delta/fit/head.js';
import type { Clock } from '../ports/clock.js';
import type { Matrix } from '../ports/mat-mul.js';
import { argmax, logSoftmax } from '../tasks/text-classification/label-scores.js';

/** Multiplications after which whoever waits has a turn: some milliseconds of work. */
const WORK_A_TURN = 8e6;

/** logits = features x weight + bias, as the model itself would compute them. @returns [rows, labels] */
export async function scoreFeatures(
  { rows, columns, data }: Matrix,
  { labels, weight, bias }: Head,
  clock: Pick<Clock, 'sleep'>,
): Promise<Matrix> {
  const logits = new Float32Array(rows * labels.length);
  const rowsATurn = Math.max(1, Math.floor(WORK_A_TURN / (labels.length * columns)));
  for (let row = 0; row < rows; row++) {
    if (row % rowsATurn === rowsATurn - 1) await clock.sleep(0);
    const from = row * columns;
    for (let label = 0; label < labels.length; label++) {
      let sum = bias[label]!;
      const at = label * columns;
      for (let i = 0; i < columns; i++) sum += data[from + i]! * weight[at + i]!;
      logits[row * labels.length + label] = sum;
    }
  }
  return { rows, columns: labels.length, data: logits };
}

export const logProbsOf = ({ rows, columns, data }: Matrix): Float64Array[] =>
  Array.from({ length: rows }, (_, row) => logSoftmax(data.subarray(row * columns, (row + 1) * columns)));

/** The best label of each row. */
export const answersOf = ({ rows, columns, data }: Matrix, labels: readonly string[]): string[] =>
  Array.from({ length: rows }, (_, row) => labels[argmax(data.subarray(row * columns, (row + 1) * columns))]!);
