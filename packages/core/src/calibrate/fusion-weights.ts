import { solve } from './solve.js';

const MAX_STEPS = 25;
/** Labels less likely than this move neither gradient nor curvature. */
const NEGLIGIBLE = 1e-7;
/** Rows that are all named right have no best weights: more is always better. Real ones stay below 3. */
const MAX_WEIGHT = 10;

/**
 * Weights of a log-linear fusion that maximise the likelihood of the right labels; they hold each
 * tier's temperature. Newton's method on a concave objective; weights stay in [0, 10].
 * @param logProbs [tiers][rows][labels]
 * @returns one weight a tier
 */
export function fitFusionWeights(logProbs: readonly (readonly Float64Array[])[], truth: readonly number[]): number[] {
  const size = logProbs.length;
  let weights = logProbs.map(() => 1 / size);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, curvature } = derivatives(logProbs, truth, weights);
    for (let a = 0; a < size; a++) curvature[a]![a]! += 1e-6;
    const change = solve(curvature, gradient);
    const next = weights.map((weight, a) => Math.min(MAX_WEIGHT, Math.max(0, weight + change[a]!)));
    const moved = Math.max(...next.map((weight, a) => Math.abs(weight - weights[a]!)));
    weights = next;
    if (moved < 1e-5) break;
  }
  return weights;
}

function derivatives(
  logProbs: readonly (readonly Float64Array[])[],
  truth: readonly number[],
  weights: readonly number[],
): { gradient: number[]; curvature: number[][] } {
  const size = weights.length;
  const gradient = weights.map(() => 0);
  const curvature = weights.map(() => weights.map(() => 0));
  const labels = logProbs[0]?.[0]?.length ?? 0;
  const mixed = new Float64Array(labels);
  const mean = new Float64Array(size);
  for (let row = 0; row < truth.length; row++) {
    const sum = mix(logProbs, weights, row, mixed);
    mean.fill(0);
    const second = weights.map(() => weights.map(() => 0));
    for (let label = 0; label < labels; label++) {
      const p = mixed[label]! / sum;
      if (p < NEGLIGIBLE) continue;
      for (let a = 0; a < size; a++) {
        const z = logProbs[a]![row]![label]!;
        mean[a]! += p * z;
        for (let b = 0; b <= a; b++) second[a]![b]! += p * z * logProbs[b]![row]![label]!;
      }
    }
    for (let a = 0; a < size; a++) {
      gradient[a]! += logProbs[a]![row]![truth[row]!]! - mean[a]!;
      for (let b = 0; b <= a; b++) {
        const value = second[a]![b]! - mean[a]! * mean[b]!;
        curvature[a]![b]! += value;
        if (a !== b) curvature[b]![a]! += value;
      }
    }
  }
  return { gradient, curvature };
}

/** Unnormalised probabilities of one row into `out`; returns their sum. */
function mix(
  logProbs: readonly (readonly Float64Array[])[],
  weights: readonly number[],
  row: number,
  out: Float64Array,
): number {
  out.fill(0);
  weights.forEach((weight, tier) => {
    const values = logProbs[tier]![row]!;
    for (let i = 0; i < out.length; i++) out[i]! += weight * values[i]!;
  });
  let max = -Infinity;
  for (const value of out) if (value > max) max = value;
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i] = Math.exp(out[i]! - max);
  return sum;
}
