import type { Matrix } from '../../ports/mat-mul.js';

/**
 * Turns logits into the slope of the weighted cross-entropy by them, in place.
 * @param logits [rows, labels]; afterwards weight x (probability - truth)
 * @param truth [rows]
 * @param weights [rows]; all 1 where it is absent
 * @returns the weighted sum of losses
 */
export function crossEntropySlope(
  { rows, columns, data }: Matrix,
  truth: Int32Array,
  weights: Float32Array | undefined,
): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const from = i * columns;
    const highest = highestOf(data, from, columns);
    const right = from + truth[i]!;
    const rightLogit = data[right]! - highest;
    let sum = 0;
    for (let j = from; j < from + columns; j++) sum += data[j] = Math.exp(data[j]! - highest);
    const weight = weights?.[i] ?? 1;
    loss += weight * (Math.log(sum) - rightLogit);
    const share = weight / sum;
    for (let j = from; j < from + columns; j++) data[j]! *= share;
    data[right]! -= weight;
  }
  return loss;
}

/** Rows with what a fit says of them. */
export interface ScoredLabels {
  /** [rows, labels] */
  readonly logits: Matrix;
  /** [rows] */
  readonly truth: Int32Array;
  /** [rows]; all 1 where it is absent */
  readonly weights?: Float32Array | undefined;
}

/** Weighted cross-entropy of each row. @param temperature what logits are divided by */
export function rowLosses({ logits, truth, weights }: ScoredLabels, temperature: number): Float64Array {
  const { rows, columns, data } = logits;
  const losses = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const from = i * columns;
    const highest = highestOf(data, from, columns);
    let sum = 0;
    for (let j = from; j < from + columns; j++) sum += Math.exp((data[j]! - highest) / temperature);
    losses[i] = (weights?.[i] ?? 1) * (Math.log(sum) - (data[from + truth[i]!]! - highest) / temperature);
  }
  return losses;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const LOWEST = Math.log(0.05);
const HIGHEST = Math.log(5);
/** To a twentieth. */
const PRECISION = 0.05;

/** By golden section over its logarithm: the loss has one minimum in it. */
export function bestTemperature(scored: readonly ScoredLabels[]): number {
  const lossAt = (logarithm: number): number =>
    scored.reduce((sum, each) => rowLosses(each, Math.exp(logarithm)).reduce((total, loss) => total + loss, sum), 0);
  let [low, high] = [LOWEST, HIGHEST];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atLeft, atRight] = [lossAt(left), lossAt(right)];
  while (high - low > PRECISION)
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = lossAt(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = lossAt(right);
    }
  return Math.exp((low + high) / 2);
}

function highestOf(data: Float32Array, from: number, columns: number): number {
  let highest = -Infinity;
  for (let j = from; j < from + columns; j++) if (data[j]! > highest) highest = data[j]!;
  return highest;
}
