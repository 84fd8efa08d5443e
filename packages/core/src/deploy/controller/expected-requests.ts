/** Of a deployment that nobody has asked anything yet. */
const FIRST_REQUESTS = 1000;
/** Fewer leave a budget no room to be paced. */
const LEAST_REQUESTS = 100;
/** A rate of a shorter time says little. */
const LEAST_PASSED = 0.01;

/**
 * Requests that the next window is expected to have: as many as come now.
 * @param asked so far in the window under way @param passedMs of it @param before what was expected of it
 */
export function expectedRequests({
  asked,
  passedMs,
  windowMs,
  before,
}: {
  readonly asked: number;
  readonly passedMs: number;
  readonly windowMs: number;
  readonly before: number;
}): number {
  if (asked === 0 || passedMs < windowMs * LEAST_PASSED) return Math.max(before, asked);
  return Math.max(LEAST_REQUESTS, Math.ceil((asked / passedMs) * windowMs));
}

/** @param lately requests of the latest time of a window, as the ledger has them */
export const firstRequests = (lately: number): number =>
  lately === 0 ? FIRST_REQUESTS : Math.max(LEAST_REQUESTS, lately);
