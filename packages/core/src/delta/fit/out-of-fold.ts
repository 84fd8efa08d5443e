import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';
import { pickFitRows, splitRows, stratifiedFolds, type FitRows } from './folds.js';

export const OUT_OF_FOLD_FITS = 5;

interface OutOfFoldAsk {
  readonly rows: FitRows;
  readonly labels: number;
  /** @returns [labels, features + 1] */
  readonly fit: (rows: FitRows) => Promise<Matrix>;
  readonly random: Random;
}

/**
 * What fits without a row say of it. Each fold begins afresh: one that began at the optimum of all rows would have seen
 * what it is asked.
 * @returns [rows, labels] logits
 */
export async function predictOutOfFold({ rows, labels, fit, random }: OutOfFoldAsk, matMul: MatMul): Promise<Matrix> {
  const count = rows.truth.length;
  const data = new Float32Array(count * labels);
  const fold = stratifiedFolds({ truth: rows.truth, folds: OUT_OF_FOLD_FITS, random });
  for (let each = 0; each < OUT_OF_FOLD_FITS; each++) {
    const { inside, outside } = splitRows(fold, each);
    if (inside.length === 0) continue;
    const parameters = await fit(pickFitRows(rows, outside));
    const logits = await matMul.multiply(pickFitRows(rows, inside).features, parameters, 'second');
    for (const [i, row] of inside.entries()) data.set(logits.data.subarray(i * labels, (i + 1) * labels), row * labels);
  }
  return { rows: count, columns: labels, data };
}
