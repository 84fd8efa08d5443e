import { toEnvelope, waitFor, type ErrorEnvelope } from '@terrace/core/engine';

/**
 * Makes calls to a worker that a signal can end: the caller is told at once, and the worker stops as soon as it can.
 * @param abort tells the worker
 */
export function createAbortableCalls(abort: (callId: number, reason: ErrorEnvelope) => void) {
  let lastId = 0;
  return async <T>(signal: AbortSignal | undefined, call: (callId: number) => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    const callId = ++lastId;
    const tell = (): void => abort(callId, toEnvelope(signal?.reason));
    signal?.addEventListener('abort', tell, { once: true });
    try {
      return await waitFor(call(callId), signal);
    } finally {
      signal?.removeEventListener('abort', tell);
    }
  };
}
