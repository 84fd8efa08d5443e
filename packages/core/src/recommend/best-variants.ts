import type { Calibration } from '../catalog/calibration.js';
import { calibratedAs, variantNameOf } from '../catalog/tier.js';
import { isCalibrated, type RatedTier } from './choose-ladder.js';
import type { Rejection } from './reasons.js';

/**
 * One variant a model: the one the calibration was made with, or else the fastest that fits. What a site computes with
 * the same weights is one more variant of the model.
 * @param paceOf what they are compared by, in milliseconds
 */
export function bestVariants(
  rated: readonly RatedTier[],
  calibration: Calibration | undefined,
  paceOf: (rung: RatedTier) => number,
): { kept: RatedTier[]; slower: Rejection[] } {
  const better = (a: RatedTier, b: RatedTier): boolean => {
    const [aKnown, bKnown] = [isCalibrated(a.tier, calibration), isCalibrated(b.tier, calibration)];
    return aKnown === bKnown ? paceOf(a) < paceOf(b) : aKnown;
  };
  const best = new Map<string, RatedTier>();
  for (const each of rated) {
    const id = calibratedAs(each.tier);
    const known = best.get(id);
    if (!known || better(each, known)) best.set(id, each);
  }
  const slower = rated.filter((each) => best.get(calibratedAs(each.tier)) !== each);
  return {
    kept: [...best.values()],
    slower: slower.map((each) => {
      const { tier } = each;
      const chosen = best.get(calibratedAs(tier))!;
      const why = paceOf(each) < paceOf(chosen) ? 'is the one that was calibrated' : 'is faster here';
      return {
        tier: tier.id,
        variant: variantNameOf(tier),
        code: 'dominated',
        message: `${variantNameOf(chosen.tier)} of the same model ${why}`,
      };
    }),
  };
}
