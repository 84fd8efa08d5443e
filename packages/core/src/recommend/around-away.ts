import type { Calibration } from '../catalog/calibration.js';
import { findLadder } from '../catalog/find-ladder.js';
import { calibratedAs, variantNameOf } from '../catalog/tier.js';
import { isUnmeasured, type LadderChoice, type RatedTier } from './choose-ladder.js';
import type { Rejection } from './reasons.js';

/**
 * A ladder some of whose rungs cannot be asked now: what else there is takes their places. A rung above all of that
 * stays, so that it shows what is missed without it; what was certified for a walk over one below holds for no other
 * walk. Pure.
 * @param all feasible tiers, lightest first
 * @param choose the ladder of those that are left
 */
export function aroundAway(
  choice: LadderChoice,
  {
    all,
    isAway,
    calibration,
    choose,
  }: {
    all: readonly RatedTier[];
    isAway: (rung: RatedTier) => boolean;
    calibration: Calibration | undefined;
    choose: (left: readonly RatedTier[]) => LadderChoice;
  },
): LadderChoice {
  if (!choice.tiers.some(isAway)) return choice;
  const left = all.filter((each) => !isAway(each));
  if (left.length === 0) return choice;
  const instead = choose(left);
  const place = (rung: RatedTier): number => all.indexOf(rung) + (isUnmeasured(rung, calibration) ? all.length : 0);
  const top = instead.tiers.at(-1)!;
  const isAbove = (rung: RatedTier): boolean =>
    place(rung) > place(top) && calibratedAs(rung.tier) !== calibratedAs(top.tier);
  const away = choice.tiers.filter(isAway);
  const missed = away.filter(isAbove);
  const tiers = [...instead.tiers, ...missed];
  const measured = tiers.filter((rung) => !isUnmeasured(rung, calibration));
  const names = measured.map(({ tier }) => calibratedAs(tier));
  return {
    tiers,
    calibration: findLadder(calibration, names) ?? instead.calibration,
    meanMs: instead.meanMs,
    dropped: [...instead.dropped, ...away.filter((rung) => !missed.includes(rung)).map(cannotBeAsked)],
  };
}

const cannotBeAsked = ({ tier }: RatedTier): Rejection => ({
  tier: tier.id,
  variant: variantNameOf(tier),
  code: 'unreachable',
  message:
    tier.kind === 'remote'
      ? 'it cannot be asked now, and another tier stands in for it'
      : 'it is not on this device and there is no network; another tier stands in for it',
});
