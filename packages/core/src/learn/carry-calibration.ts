import type { Calibration } from '../catalog/calibration.js';
import type { RungToCalibrate } from './calibrate-rungs.js';

/**
 * The calibration in force for deltas that take the place of those it was made with: a label more, or one rung fitted
 * anew, leaves confidences and fusion about right, and better than none. Nothing is certified by it: what it counted was counted of other deltas.
 * @param rungs of the ladder to be; a tier that is none of them stays as it was
 */
export function carryCalibration(calibration: Calibration, rungs: readonly RungToCalibrate[]): Calibration {
  const { rows } = calibration.data;
  const identities = rungs
    .filter(({ id }) => Object.hasOwn(calibration.tiers, id))
    .map(({ id, variant, delta }) => [id, { variant, delta }] as const);
  return {
    ...calibration,
    tiers: { ...calibration.tiers, ...Object.fromEntries(identities) },
    ladders: calibration.ladders.map((ladder) => ({
      ...ladder,
      grid: [{ coverage: 1, threshold: 0, accepted: rows, wrong: rows }],
    })),
  };
}
