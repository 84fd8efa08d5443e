import type { Calibration } from '../../catalog/calibration.js';
import { upperBound } from '../../evaluate/binomial.js';

/** What the calibration itself may be wrong about a bound. */
const BOUND_DELTA = 0.05;

/** What a calibration says of a domain's ladder: shares of accepted answers that may be wrong, in [0, 1]. */
export interface PromisedRisk {
  /** Of all that the ladder accepts, whichever tier it ends at. */
  readonly ofLadder: number;
  /** Whether answers of the tier are in that promise. */
  covers(tier: string): boolean;
  /**
   * Of what ends at one tier. A higher one gets what the lighter ones were unsure of, and is wrong more often by nature:
   * that is in its confidences, whose mean the calibration has seen on the rows that it was asked.
   * @param doubt mean of 1 - confidence over its answers; undefined where none has a confidence
   */
  ofTier(tier: string, doubt: number | undefined): number;
}

/**
 * @param calibratedAs what the calibration calls a tier
 * @param maxRisk share of all accepted answers that may be wrong; without it what the ladder did at its operating point
 */
export function promisedRisk(
  { ladders, data: { rows } }: Calibration,
  { calibratedAs, maxRisk }: { readonly calibratedAs: (tier: string) => string; readonly maxRisk: number | undefined },
): PromisedRisk {
  const { tiers, operating } = ladders.reduce((a, b) => (b.tiers.length > a.tiers.length ? b : a));
  const ofLadder = maxRisk ?? atMost(1 - operating.accuracy, rows);
  return {
    ofLadder,
    covers: (tier) => tiers.includes(calibratedAs(tier)),
    ofTier(tier, doubt) {
      const asked = Math.round((operating.calls[tiers.indexOf(calibratedAs(tier))] ?? 0) * rows);
      return doubt === undefined ? ofLadder : atMost(doubt, asked);
    },
  };
}

/** The largest rate at which so small a share of the rows is still likely. */
const atMost = (share: number, rows: number): number => upperBound(Math.round(share * rows), rows, BOUND_DELTA);
