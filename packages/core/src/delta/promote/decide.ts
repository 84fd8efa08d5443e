import { LEAST_ROWS } from './compare-paired.js';
import type { Comparison, PromotionDecision } from './promotion.js';

/** Accuracies this close are equal, when all of the interval says so. */
const EQUAL = 0.01;
/** Fewer than this are better by chance. */
const FEWEST_ROWS = 8;
/** Most that an equal candidate may have been worse by where the interval does not tell. */
const SMALL = 0.005;
/** And most that it may yet be worse by: few rows tell little, and what is cheaper must not be a good deal worse. */
const MOST_WORSE = 0.035;
/** What is equal has to cost less than this share to be worth a change. */
const CHEAPER = 0.97;

/**
 * Better takes over, and so does what is equal and cheaper; what is worse in one sub-domain does not.
 * @param guess share of the largest label, which is right without looking; only where nothing is in force
 */
export function decide(
  comparison: Comparison,
  { guess }: { readonly guess?: number | undefined } = {},
): PromotionDecision {
  const keep = (
    reason: Extract<PromotionDecision, { kind: 'keep' }>['reason'],
    subDomain?: string,
  ): PromotionDecision => ({
    kind: 'keep',
    reason,
    ...(subDomain !== undefined && { subDomain }),
    comparison,
  });
  const promote = (reason: Extract<PromotionDecision, { kind: 'promote' }>['reason']): PromotionDecision => ({
    kind: 'promote',
    reason,
    comparison,
  });
  const { accuracy, subDomains, costRatio } = comparison;
  const [low, high] = accuracy.interval;
  if (guess !== undefined) return beatsGuess(comparison, guess) ? promote('first') : keep('no-better-than-guessing');
  // What knows a label more shows it on the few rows of that label; nothing finer does.
  if (accuracy.rows < (low > 0 ? FEWEST_ROWS : LEAST_ROWS)) return keep('too-few-rows');
  if (high < 0) return keep('worse');
  const worse = Object.entries(subDomains).find(([, { interval }]) => interval[1] < 0);
  if (worse) return keep('sub-domain-worse', worse[0]);
  if (low > 0) return promote('better');
  const equal = (low >= -EQUAL && high <= EQUAL) || (accuracy.value >= -SMALL && low >= -MOST_WORSE);
  return equal && costRatio <= CHEAPER ? promote('equal-and-cheaper') : keep('not-better');
}

/** With few rows the interval is wider than any accuracy: then one standard error has to do. */
function beatsGuess({ accuracy: { value, interval, rows } }: Comparison, guess: number): boolean {
  if (rows >= LEAST_ROWS) return interval[0] > guess;
  return value - Math.sqrt((value * (1 - value)) / Math.max(1, rows)) > guess;
}
