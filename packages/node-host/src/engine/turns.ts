/** Runs one call at a time, in order. A call aborted while it waits is never made. */
export type Turns = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * A session runs one inference at a time whatever is sent to it, and a message that was sent cannot be
 * taken back. So waiting calls wait here, where an abort still reaches them.
 */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (call, signal) => {
    const turn = last.then(() => {
      signal?.throwIfAborted();
      return call();
    });
    last = turn.catch(() => undefined);
    return abortable(turn, signal);
  };
}

/** The work's own outcome, or the reason of the abort if that comes first; the work itself goes on. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
