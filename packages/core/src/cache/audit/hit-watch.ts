import { driftOf, WINDOW } from '../../evaluate/drift.js';
import { upperBound } from '../../evaluate/binomial.js';

/** Each audit is a test of its own: one without a cause withdraws with this probability. */
const ALARM_DELTA = 0.0001;

/** A sudden change shows in few audits, one that only doubles the rate in many. */
const WINDOWS = [WINDOW, 5 * WINDOW];

/** Whether hits that were computed all the same show a certificate to be broken. @param audits newest first */
export function isBroken(audits: readonly { readonly right: boolean }[], maxWrongHitRate: number): boolean {
  return WINDOWS.some((window) => {
    const judged = audits
      .slice(0, window)
      .map(({ right }) => ({ domain: undefined, tier: 'cache', confidence: undefined, right }));
    return driftOf(judged, maxWrongHitRate, ALARM_DELTA) !== undefined;
  });
}

/** Whether audited hits alone show that the rate is kept, with probability 1 - `delta`. */
export function areKept(
  audits: readonly { readonly right: boolean }[],
  { maxWrongHitRate, delta }: { readonly maxWrongHitRate: number; readonly delta: number },
): boolean {
  const wrong = audits.filter(({ right }) => !right).length;
  return upperBound(wrong, audits.length, delta) <= maxWrongHitRate;
}
