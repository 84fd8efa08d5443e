import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@terrace/core';

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  // A sleeping timer is no reason to keep a finished program alive.
  sleep: (delayMs, signal) =>
    sleep(delayMs, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined),
};

/** A process that waits for a lock, for the next try, or between two parts of its work has something to do. */
export const workingClock: Clock = {
  ...systemClock,
  sleep: (delayMs, signal) => sleep(delayMs, undefined, signal && { signal }).catch(() => undefined),
};
