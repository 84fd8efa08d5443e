import { quantile } from '@terrace/core';

const PERIOD_MS = 5;

/** A timer that is to fire every 5 ms and keeps how late it was. */
export function watchTimer(): { p99Ms(): number; quantileMs(share: number): number } {
  const lateMs: number[] = [];
  let dueMs = performance.now() + PERIOD_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lateMs.push(Math.max(0, now - dueMs));
    dueMs = now + PERIOD_MS;
  }, PERIOD_MS);
  const quantileMs = (share: number): number => {
    clearInterval(timer);
    return lateMs.length === 0 ? 0 : quantile(lateMs, share);
  };
  /** Either ends the watch. */
  return { quantileMs, p99Ms: () => quantileMs(0.99) };
}
