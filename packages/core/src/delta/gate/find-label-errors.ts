import type { Matrix } from '../../ports/mat-mul.js';
import type { DataFinding, LabelledText } from './data-report.js';

type LabelError = Extract<DataFinding, { kind: 'label-error' }>;

/** P(suggested) - P(label) from which on a row is worth a look. */
const LEAST_MARGIN = 0.5;
/** Most rows that are reported: data with more errors than this is known to be bad. */
const MOST_SHARE = 0.05;

/**
 * Rows whose label is likely wrong: predictions without the row say another label, at least as surely as that label's own
 * rows are predicted on average. The surest come first.
 * @see Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels (2021)
 */
export function findLabelErrors({
  rows,
  labels,
  truth,
  logits,
}: {
  readonly rows: readonly LabelledText[];
  readonly labels: readonly string[];
  /** [rows] */
  readonly truth: ArrayLike<number>;
  /** [rows, labels], by fits without the row */
  readonly logits: Matrix;
}): LabelError[] {
  const p = new Float64Array(labels.length);
  const thresholds = selfConfidence(logits, truth);
  const errors = rows.flatMap(({ line }, row): LabelError[] => {
    softmax(logits, row, p);
    const suggested = p.indexOf(Math.max(...p));
    const own = truth[row]!;
    const margin = p[suggested]! - p[own]!;
    if (suggested === own || p[suggested]! < thresholds[suggested]! || margin < LEAST_MARGIN) return [];
    return [{ kind: 'label-error', line, label: labels[own]!, suggested: labels[suggested]!, margin }];
  });
  return errors.toSorted((a, b) => b.margin - a.margin).slice(0, Math.ceil(MOST_SHARE * rows.length));
}

/** Mean P(label) over the rows of each label; never reached where a label has no rows. */
function selfConfidence(logits: Matrix, truth: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(logits.columns);
  const counts = new Float64Array(logits.columns);
  const p = new Float64Array(logits.columns);
  for (let row = 0; row < logits.rows; row++) {
    softmax(logits, row, p);
    sums[truth[row]!]! += p[truth[row]!]!;
    counts[truth[row]!]!++;
  }
  return sums.map((sum, label) => (counts[label] === 0 ? Infinity : sum / counts[label]!));
}

/** Into `p`, which is [labels]. */
function softmax({ data, columns }: Matrix, row: number, p: Float64Array): void {
  const from = row * columns;
  let max = -Infinity;
  for (let i = 0; i < columns; i++) max = Math.max(max, data[from + i]!);
  let sum = 0;
  for (let i = 0; i < columns; i++) sum += p[i] = Math.exp(data[from + i]! - max);
  for (let i = 0; i < columns; i++) p[i]! /= sum;
}
