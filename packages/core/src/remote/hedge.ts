import type { Clock } from '../ports/clock.js';

export interface Hedged<T> {
  readonly value: T;
  /** Calls that were made: 2 when the first one was late. */
  readonly calls: number;
}

/**
 * Makes a call, and makes it once more when no answer has come for a while. The first answer wins and the other call
 * is cancelled for real. A failure waits for the other call, if there is one.
 * @param afterMs how late the answer must be; Infinity never asks twice
 * @param allow asked once, when the second call is due
 * @throws what the last call failed with
 * @see Dean and Barroso, The Tail at Scale (2013)
 */
export async function hedged<T>({
  call,
  afterMs,
  allow,
  clock,
  signal,
}: {
  call: (signal: AbortSignal, which: 'first' | 'second') => Promise<T>;
  afterMs: number;
  allow: () => boolean;
  clock: Clock;
  signal: AbortSignal | undefined;
}): Promise<Hedged<T>> {
  const first = linked(signal);
  if (afterMs === Infinity) {
    try {
      return { value: await call(first.signal, 'first'), calls: 1 };
    } finally {
      first.unlink();
    }
  }
  const second = linked(signal);
  const settled = new AbortController();
  let calls = 1;
  try {
    const original = call(first.signal, 'first');
    const copy = clock.sleep(afterMs, settled.signal).then(() => {
      if (settled.signal.aborted || !allow()) return original;
      calls = 2;
      return call(second.signal, 'second');
    });
    // Before the second call is due a failure is final: whoever retries does so with pauses.
    original.catch(() => calls === 1 && settled.abort());
    return { value: await Promise.any([original, copy]), calls };
  } catch (error) {
    throw error instanceof AggregateError ? error.errors.at(-1) : error;
  } finally {
    settled.abort();
    for (const each of [first, second]) {
      each.unlink();
      each.abort();
    }
  }
}

/** A signal that follows another one until it is unlinked. */
function linked(signal: AbortSignal | undefined) {
  const controller = new AbortController();
  const forward = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) forward();
  signal?.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    unlink: () => signal?.removeEventListener('abort', forward),
  };
}
