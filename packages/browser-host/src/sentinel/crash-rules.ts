import type { Crash } from '@terrace/core';
import type { Mark } from './mark.js';

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 24 * 3_600_000;
/** One that was not tried again for so long is forgotten: drivers and browsers change. */
const FORGET_AFTER_MS = 30 * 24 * 3_600_000;

/** How long something is left out that the page has died of so many times in a row. */
export const pauseMs = (timesInARow: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** (timesInARow - 1), LONGEST_PAUSE_MS);

/**
 * Which of the things that were going on a page is taken to have died of: what was being loaded rather than what ran, and
 * of several the heaviest. It is one, so that something is left to answer; should it be the wrong one, the next crash
 * takes another.
 */
export const culpritOf = (marks: readonly Mark[]): Mark | undefined =>
  marks.toSorted((a, b) => rank(b) - rank(a) || b.bytes - a.bytes)[0];

const rank = ({ phase }: Mark): number => (phase === 'load' ? 1 : 0);

/** A crash as it is kept. */
export interface KeptCrash extends Crash {
  /**
   * It was being loaded for nobody yet, for the first time in a row: until then it is not loaded ahead. Whoever asks for
   * it is given it, as a browser that is ended while a page starts has died of nothing.
   */
  readonly isAhead?: boolean | undefined;
}

/** @param before the last crash of the same, unless it has run well since */
export function crashOf(
  { variantId, modelId, provider, phase, isAhead }: Mark,
  before: Crash | undefined,
  atWallMs: number,
): KeptCrash {
  const timesInARow = (before?.timesInARow ?? 0) + 1;
  const untilWallMs = atWallMs + pauseMs(timesInARow);
  const crash = { variantId, modelId, provider, phase, timesInARow, atWallMs, untilWallMs };
  return isAhead === true && timesInARow === 1 ? { ...crash, isAhead } : crash;
}

/**
 * A crash as it counts now: where the clock was set back, its pause is no longer than it would be from now on.
 * @returns undefined when it is forgotten
 */
export function asOf(crash: KeptCrash, nowWallMs: number): KeptCrash | undefined {
  if (nowWallMs - crash.untilWallMs > FORGET_AFTER_MS) return undefined;
  return { ...crash, untilWallMs: Math.min(crash.untilWallMs, nowWallMs + pauseMs(crash.timesInARow)) };
}
