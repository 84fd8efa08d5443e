import { setTimeout } from 'node:timers/promises';
import type { Clock } from '@terrace/core';
import { failureCode } from './database-failure.js';

const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 50;

/** What waiting for a lock needs of a clock. */
export type WaitingClock = Pick<Clock, 'nowMs' | 'sleep'>;

/** Unlike other pauses these keep the process alive: what it is about to write would be lost without a word. */
export const waitingClock: WaitingClock = {
  nowMs: () => performance.now(),
  sleep: (delayMs) => setTimeout(delayMs),
};

/** How long other processes may keep the file's write lock before an operation fails. */
const BUSY_LIMIT_MS = 10_000;

/**
 * Run `operation` until another process lets go of the file, at most `limitMs`.
 * SQLite's own busy_timeout sleeps on the event loop's thread, so the long wait happens here instead.
 * @param operation must leave nothing behind when it fails with SQLITE_BUSY
 * @throws what `operation` throws
 */
export async function retryWhenBusy<T>({
  operation,
  clock,
  limitMs = BUSY_LIMIT_MS,
}: {
  operation: () => Promise<T>;
  clock: WaitingClock;
  limitMs?: number;
}): Promise<T> {
  const deadlineMs = clock.nowMs() + limitMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await operation();
    } catch (error) {
      if (!isBusy(error) || clock.nowMs() >= deadlineMs) throw error;
    }
    await clock.sleep(waitMs);
  }
}

/** Whether other processes are in the way. SQLITE_PROTOCOL is a lost race while two processes start to use the same write-ahead log. */
export function isBusy(error: unknown): boolean {
  return ['SQLITE_BUSY', 'SQLITE_PROTOCOL'].includes(failureCode(error));
}
