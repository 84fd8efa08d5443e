import type { Clock } from '@terrace/core';

/** The outcome, or the fallback when it fails or takes longer. */
export async function within<T>(
  clock: Pick<Clock, 'sleep'>,
  patienceMs: number,
  work: Promise<T>,
  fallback: () => T,
): Promise<T> {
  const over = new AbortController();
  try {
    const late = clock.sleep(patienceMs, over.signal).then(fallback);
    return await Promise.race([work, late]);
  } catch {
    return fallback();
  } finally {
    over.abort();
  }
}

/**
 * A fact that is read anew each time it is asked for; what was last known will do when whoever tells it is busy, or
 * cannot. Never rejects.
 * @param initial before anything is known
 */
export function createLastKnown<T>({
  read,
  initial,
  patienceMs,
  clock,
}: {
  readonly read: () => Promise<T>;
  readonly initial: T;
  readonly patienceMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
}): () => Promise<T> {
  let known = initial;
  const refresh = async (): Promise<T> => (known = await read());
  return () => within(clock, patienceMs, refresh(), () => known);
}
