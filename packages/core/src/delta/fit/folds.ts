import type { Matrix } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';

interface FoldsAsk {
  /** [rows] */
  readonly truth: Int32Array;
  readonly folds: number;
  readonly random: Random;
}

/** A fold for each row, in [0, folds): rows of one label are spread evenly over them. */
export function stratifiedFolds({ truth, folds, random }: FoldsAsk): Int32Array<ArrayBuffer> {
  const byLabel = new Map<number, number[]>();
  for (const [row, label] of truth.entries()) {
    const rows = byLabel.get(label);
    if (rows) rows.push(row);
    else byLabel.set(label, [row]);
  }
  const fold = new Int32Array(truth.length);
  // Going on where the last label ended keeps the folds alike in size as well.
  let next = 0;
  for (const rows of byLabel.values())
    for (let left = rows.length; left > 0; left--) {
      const drawn = Math.floor(random() * left);
      fold[rows[drawn]!] = next++ % folds;
      rows[drawn] = rows[left - 1]!;
    }
  return fold;
}

/** Rows of a fold, and all others. */
export function splitRows(fold: Int32Array, held: number): { readonly inside: number[]; readonly outside: number[] } {
  const inside: number[] = [];
  const outside: number[] = [];
  for (const [row, each] of fold.entries()) (each === held ? inside : outside).push(row);
  return { inside, outside };
}

export function pickMatrix({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const out = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) out.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  return { rows: rows.length, columns, data: out };
}

/** The rows of a fit whose features are centred. */
export interface FitRows {
  /** [rows, features + 1] */
  readonly features: Matrix;
  /** [rows] */
  readonly truth: Int32Array;
  /** [rows]; all 1 where it is absent */
  readonly weights: Float32Array | undefined;
}

export function pickFitRows({ features, truth, weights }: FitRows, rows: readonly number[]): FitRows {
  return {
    features: pickMatrix(features, rows),
    truth: Int32Array.from(rows, (row) => truth[row]!),
    weights: weights && Float32Array.from(rows, (row) => weights[row]!),
  };
}

/** One below the other. */
export function stackMatrices(above: Matrix, below: Matrix): Matrix {
  const data = new Float32Array(above.data.length + below.data.length);
  data.set(above.data);
  data.set(below.data, above.data.length);
  return { rows: above.rows + below.rows, columns: above.columns, data };
}
