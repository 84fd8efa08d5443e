import type { Clock } from '../ports/clock.js';
import { FetchFailure } from './fetch-failure.js';

/** How long a connection may bring nothing. */
const STALL_MS = 30_000;

/**
 * Waits for the next piece of an answer, and not for ever.
 * @param abort ends the request behind it
 * @throws FetchFailure when nothing came in time
 */
export async function withinStall<T>(
  work: Promise<T>,
  { clock, abort }: { clock: Clock; abort: AbortController },
): Promise<T> {
  const done = new AbortController();
  const failure = new FetchFailure(`nothing came for ${STALL_MS / 1000} s`);
  const stalled = clock.sleep(STALL_MS, done.signal).then(() => {
    if (done.signal.aborted) return;
    abort.abort(failure);
    throw failure;
  });
  // The first to end decides; a sleep that was cut short decides nothing.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, stalled.then(() => work)]);
  } catch (error) {
    throw abort.signal.reason === failure ? failure : error;
  } finally {
    done.abort();
    stalled.catch(() => undefined);
  }
}
