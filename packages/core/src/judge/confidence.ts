import type { ConfidenceMap } from '../catalog/calibration.js';

/** Beyond these the evidence is as strong as it gets; a clip keeps one odd row from bending the map. */
const MAX_EVIDENCE = 8;

export interface ConfidenceFeatures {
  /** logit of the largest probability, in [-8, 8]. */
  readonly logit: number;
  /** log p_1 - log p_2, in [0, 8]. */
  readonly margin: number;
}

export function confidenceFeatures(logProbs: Float64Array): ConfidenceFeatures {
  let first = -Infinity;
  let second = -Infinity;
  for (const value of logProbs) {
    if (value > first) {
      second = first;
      first = value;
    } else if (value > second) second = value;
  }
  const rest = Math.max(1e-12, -Math.expm1(first));
  return { logit: clip(first - Math.log(rest)), margin: clip(first - second) };
}

/** Calibrated probability that the best label is right, in (0, 1). */
export function probabilityRight({ logit, margin }: ConfidenceFeatures, map: ConfidenceMap): number {
  return sigmoid(map.intercept + map.logit * logit + map.margin * margin);
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** log(p / (1 - p)), finite for every p in [0, 1]. */
export const logitOf = (p: number): number => {
  const inside = Math.min(1 - 1e-9, Math.max(1e-9, p));
  return Math.log(inside / (1 - inside));
};

const clip = (value: number): number => Math.max(-MAX_EVIDENCE, Math.min(MAX_EVIDENCE, value));
