import type { ClimbModel, PathCalibration } from '../catalog/calibration.js';
import { pathKey } from '../catalog/find-ladder.js';
import { confidenceFeatures, logitOf, probabilityRight, type ConfidenceFeatures } from '../judge/confidence.js';
import { argmax, fuseLogProbs } from '../tasks/text-classification/label-scores.js';
import { outOfScopeScore } from '../tasks/text-classification/to-classification.js';
import { fitFusionWeights } from './fusion-weights.js';
import { fitLogistic } from './logistic.js';
import { outOfScopeThreshold } from './out-of-scope-threshold.js';
import type { ScoredRows } from './scored-rows.js';

/** One row as a path sees it. */
export interface PathRow {
  readonly features: ConfidenceFeatures;
  readonly right: boolean;
}

/** Every way through a ladder: the first tier, then any of the higher ones in order. */
export function pathsOf(tiers: readonly string[]): string[][] {
  const [first, ...rest] = tiers;
  if (first === undefined) return [];
  return rest.reduce<string[][]>((paths, tier) => [...paths, ...paths.map((path) => [...path, tier])], [[first]]);
}

/** Fused evidence of one path over all rows. */
export function readPath(rows: ScoredRows, tiers: readonly string[], weights: readonly number[]): PathRow[] {
  return rows.truth.map((truth, row) => {
    const fused = fuseLogProbs(
      tiers.map((tier) => rows.logProbs[tier]![row]!),
      weights,
    );
    return { features: confidenceFeatures(fused), right: argmax(fused) === truth };
  });
}

export function fitWeights(rows: ScoredRows, tiers: readonly string[]): number[] {
  return fitFusionWeights(
    tiers.map((tier) => rows.logProbs[tier]!),
    rows.truth,
  );
}

/**
 * Fits one path: map to P(right) and out-of-scope threshold. What climbing adds is fitted when the
 * longer paths are known. All rows are used, not only those that arrive here: on CLINC150 the few hard
 * arrivals made a steeper, noisier map that lost a point of coverage at a risk of .02.
 */
export function fitPath(rows: ScoredRows, tiers: readonly string[], weights: number[]): PathCalibration {
  const seen = readPath(rows, tiers, weights);
  const scores = rows.truth.map((_, row) =>
    outOfScopeScore(
      fuseLogProbs(
        tiers.map((tier) => rows.logProbs[tier]![row]!),
        weights,
      ),
      rows.labels,
      rows.outOfScopeLabel,
    ),
  );
  const foreign = rows.truth.map((truth) => rows.labels[truth] === rows.outOfScopeLabel);
  return {
    tiers: [...tiers],
    weights,
    confidence: fitConfidence(seen),
    outOfScopeThreshold: outOfScopeThreshold(scores, foreign),
    climbs: [],
  };
}

function fitConfidence(rows: readonly PathRow[]): PathCalibration['confidence'] {
  const [intercept = 0, logit = 0, margin = 0] = fitLogistic(
    rows.map(({ features }) => [features.logit, features.margin]),
    rows.map(({ right }) => right),
  );
  return { intercept, logit, margin };
}

/** P(right after climbing) as a function of the confidence so far, one model a higher tier. */
export function fitClimbs(
  path: PathCalibration,
  ladder: readonly string[],
  seen: ReadonlyMap<string, readonly PathRow[]>,
): ClimbModel[] {
  const here = seen.get(pathKey(path.tiers)) ?? [];
  const confidence = here.map(({ features }) => [logitOf(probabilityRight(features, path.confidence))]);
  const above = ladder.slice(ladder.indexOf(path.tiers.at(-1)!) + 1);
  return above.map((tier) => {
    const there = seen.get(pathKey([...path.tiers, tier])) ?? [];
    const [intercept = 0, slope = 0] = fitLogistic(
      confidence,
      there.map(({ right }) => right),
    );
    return { tier, intercept, slope };
  });
}
