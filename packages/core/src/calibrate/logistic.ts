import { sigmoid } from '../judge/confidence.js';
import { solve } from './solve.js';

const MAX_STEPS = 30;

/**
 * Logistic regression by Newton's method. The intercept is all but free, the slopes carry a ridge, so
 * that separable data ends at finite weights.
 * @param features [rows][k], without the column of ones
 * @returns [intercept, slope, ...]
 */
export function fitLogistic(features: readonly (readonly number[])[], right: readonly boolean[], ridge = 1): number[] {
  const size = (features[0]?.length ?? 0) + 1;
  let weights = new Array<number>(size).fill(0);
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = weights.map((weight, a) => -(a === 0 ? 0.01 : ridge) * weight);
    const hessian = weights.map((_, a) => weights.map((__, b) => (a === b ? (a === 0 ? 0.01 : ridge) : 0)));
    features.forEach((row, r) => {
      const x = (a: number): number => (a === 0 ? 1 : row[a - 1]!);
      let logit = weights[0]!;
      for (let a = 1; a < size; a++) logit += weights[a]! * x(a);
      const p = sigmoid(logit);
      const residual = (right[r] ? 1 : 0) - p;
      for (let a = 0; a < size; a++) {
        gradient[a]! += residual * x(a);
        for (let b = 0; b < size; b++) hessian[a]![b]! += p * (1 - p) * x(a) * x(b);
      }
    });
    const change = solve(hessian, gradient);
    weights = weights.map((weight, a) => weight + change[a]!);
    if (Math.max(...change.map(Math.abs)) < 1e-7) break;
  }
  return weights;
}
