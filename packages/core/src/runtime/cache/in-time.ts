import type { Clock } from '../../ports/clock.js';

/** What comes within that time; undefined for what is late or fails. Never rejects. */
export async function inTime<T>(
  work: Promise<T>,
  withinMs: number,
  clock: Pick<Clock, 'sleep'>,
  onFailure: (error: unknown) => void,
): Promise<T | undefined> {
  const over = new AbortController();
  const told = work.catch((error: unknown) => void onFailure(error));
  try {
    return await Promise.race([told, clock.sleep(withinMs, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
