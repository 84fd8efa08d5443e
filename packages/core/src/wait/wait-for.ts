/** The work's own outcome, or the reason of the abort if that comes first; the work itself goes on. */
export function waitFor<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return Promise.resolve(work);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    work.then(
      (value) => (settled(), resolve(value)),
      (error: unknown) => (settled(), reject(error as Error)),
    );
  });
}
