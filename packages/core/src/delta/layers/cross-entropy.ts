import type { Matrix } from '../../ports/mat-mul.js';

/** Share of the truth that is spread over all labels: few examples are learnt by heart otherwise. */
const SMOOTHING = 0.05;

/**
 * Weighted cross-entropy with label smoothing, averaged by weight.
 * @param logits [rows, labels]; replaced by the gradient
 * @param truth [rows] indices of labels
 * @param weights [rows]
 */
export function crossEntropy(
  { rows, columns, data }: Matrix,
  { truth, weights }: { readonly truth: ArrayLike<number>; readonly weights: ArrayLike<number> },
): number {
  let total = 0;
  for (let row = 0; row < rows; row++) total += weights[row]!;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    let largest = -Infinity;
    for (let i = 0; i < columns; i++) largest = Math.max(largest, data[at + i]!);
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += Math.exp(data[at + i]! - largest);
    const logSum = largest + Math.log(sum);
    const weight = weights[row]! / total;
    for (let i = 0; i < columns; i++) {
      const wanted = SMOOTHING / columns + (i === truth[row] ? 1 - SMOOTHING : 0);
      const log = data[at + i]! - logSum;
      loss -= weight * wanted * log;
      data[at + i] = weight * (Math.exp(log) - wanted);
    }
  }
  return loss;
}
