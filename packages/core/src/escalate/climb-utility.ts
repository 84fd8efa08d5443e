import type { ClimbModel } from '../catalog/calibration.js';
import { logitOf, sigmoid } from '../judge/confidence.js';

export interface ClimbOption {
  readonly tier: string;
  /** P(right) expected after climbing there. */
  readonly expected: number;
  /** Expected gain in P(right) less the price of the climb; worth it above 0. */
  readonly utility: number;
}

/**
 * What each higher tier is expected to be worth, best first. The unit is probability of being right;
 * a relative cost of 1 (the largest tier) is priced at `exchangeRate`, and money at what a right answer is worth.
 * @see Dekoninck et al., A Unified Approach to Routing and Cascading for LLMs (2024)
 */
export function climbOptions({
  confidence,
  climbs,
  exchangeRate,
  costOf,
  priceOf = () => 0,
}: {
  confidence: number;
  climbs: readonly ClimbModel[];
  exchangeRate: number;
  costOf: (tier: string) => number;
  /** What a call costs as a share of what a right answer is worth. */
  priceOf?: (tier: string) => number;
}): ClimbOption[] {
  return climbs
    .map(({ tier, intercept, slope }) => {
      const expected = sigmoid(intercept + slope * logitOf(confidence));
      return { tier, expected, utility: expected - confidence - exchangeRate * costOf(tier) - priceOf(tier) };
    })
    .toSorted((a, b) => b.utility - a.utility);
}
