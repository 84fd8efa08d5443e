import { quantile } from '@terrace/core';

const PERIOD_MS = 5;

/** A timer that is to fire every 5 ms and keeps how late it was. */
export function watchTimer(): { p99Ms(): number } {
  const lateMs: number[] = [];
  let dueMs = performance.now() + PERIOD_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lateMs.push(Math.max(0, now - dueMs));
    dueMs = now + PERIOD_MS;
  }, PERIOD_MS);
  return {
    /** Ends the watch. */
    p99Ms() {
      clearInterval(timer);
      return lateMs.length === 0 ? 0 : quantile(lateMs, 0.99);
    },
  };
}
