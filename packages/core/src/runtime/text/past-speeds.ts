import type { OutcomeRecord } from '../../ports/ledger.js';
import type { TextTier } from '../../text/text-tier.js';
import { variantOf } from './text-records.js';

/** Answers of each tier that count, the newest ones. */
const ENOUGH_ANSWERS = 20;

/**
 * How many tokens a second variants have written in the past: the median of their latest answers, by variant. Of a tier
 * with several variants the ledger does not say which one it was.
 * @param outcomes newest first
 * @param tiers those whose files are here
 */
export function pastSpeeds(
  outcomes: readonly OutcomeRecord[],
  tiers: readonly TextTier[],
): ReadonlyMap<string, number> {
  const speeds = new Map<string, number>();
  for (const tier of tiers) {
    if (tiers.filter(({ id }) => id === tier.id).length > 1) continue;
    const rates = outcomes
      .filter((outcome) => outcome.tier === tier.id && outcome.path === tier.id && isWhole(outcome))
      .flatMap(({ text }) => text?.tokensPerSecond ?? [])
      .slice(0, ENOUGH_ANSWERS)
      .toSorted((a, b) => a - b);
    if (rates.length > 0) speeds.set(variantOf(tier), rates[rates.length >> 1]!);
  }
  return speeds;
}

/** One that its reader gave up may have been as slow as its reader. */
const isWhole = ({ verdict, degraded }: OutcomeRecord): boolean =>
  (verdict === 'accept' || verdict === 'abstain') && !degraded;
