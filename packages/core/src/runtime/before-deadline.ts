import type { Clock } from '../ports/clock.js';

/**
 * The result of work that must not take longer than a deadline; undefined when time was up first, and then the work
 * is taken back.
 * @param deadlineAtMs on the clock's steady scale
 * @throws what the work fails with; the signal's reason when it aborts
 */
export async function beforeDeadline<T>(
  start: (limited: AbortSignal) => Promise<T>,
  { deadlineAtMs, clock, signal }: { deadlineAtMs: number; clock: Clock; signal: AbortSignal | undefined },
): Promise<T | undefined> {
  const over = new AbortController();
  const forward = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  const work = start(over.signal);
  work.catch(() => undefined);
  const timeUp = clock.sleep(Math.max(0, deadlineAtMs - clock.nowMs()), over.signal);
  try {
    return (await Promise.race([work, timeUp.then(() => signal?.throwIfAborted())])) as T | undefined;
  } finally {
    over.abort();
    signal?.removeEventListener('abort', forward);
  }
}
