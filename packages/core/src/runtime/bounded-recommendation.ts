import type { GridPoint, LadderCalibration } from '../catalog/calibration.js';
import { certify, type Certificate } from '../judge/risk-control.js';
import { recommend, type Recommendation, type RecommendInput } from '../recommend/recommend.js';

export interface BoundedRecommendation extends Recommendation {
  /** For the `maxRisk` of the requirements; undefined when none was asked for or none can be given. */
  readonly certificate: Certificate | undefined;
}

/**
 * A recommendation that keeps the bound of the request in view: of two ladders, the one that can answer
 * more under it is preferred, and the certificate of the chosen one comes along. Pure.
 * @throws NoTierFitsError, CalibrationMismatchError, InvalidRequestError
 */
export function recommendBounded(input: Omit<RecommendInput, 'coverageOf'>): BoundedRecommendation {
  const { task, maxRisk, minConfidence } = input.requirements;
  const calibration = task === 'text-classification' ? input.calibration : undefined;
  const certifyLadder = ({ grid }: LadderCalibration): Certificate | undefined =>
    maxRisk === undefined || !calibration
      ? undefined
      : certify({ grid: strictEnough(grid, minConfidence), rows: calibration.data.rows, maxRisk });
  const coverageOf =
    maxRisk === undefined ? undefined : (ladder: LadderCalibration) => certifyLadder(ladder)?.coverage ?? 0;
  const recommendation = recommend({ ...input, calibration, coverageOf });
  const ladder = recommendation.calibration;
  return { ...recommendation, certificate: ladder && certifyLadder(ladder) };
}

/** With a least confidence asked for as well, only walks that keep to it may be certified. */
const strictEnough = (grid: readonly GridPoint[], minConfidence = 0): GridPoint[] =>
  grid.filter(({ threshold }) => threshold >= minConfidence);
