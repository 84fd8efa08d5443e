import type { Clock } from '../../ports/clock.js';

/** What is in memory is there after a few turns of promises: no timer is started for it. */
const TURNS = 12;

/** What comes within that time; undefined for what is late or fails. Never rejects. */
export async function inTime<T>(
  work: Promise<T>,
  withinMs: number,
  clock: Pick<Clock, 'sleep'>,
  onFailure: (error: unknown) => void,
): Promise<T | undefined> {
  const state = { isSettled: false };
  const told = work.catch((error: unknown) => void onFailure(error)).finally(() => (state.isSettled = true));
  for (let i = 0; i < TURNS && !state.isSettled; i++) await undefined;
  if (state.isSettled) return told;
  const over = new AbortController();
  try {
    return await Promise.race([told, clock.sleep(withinMs, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
