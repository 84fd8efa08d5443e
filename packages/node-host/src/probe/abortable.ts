/**
 * The result of shared work for one caller, who may leave before it is done. The work itself goes on for the others.
 * @throws the signal's reason once it aborts
 */
export async function abortable<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const pending = work();
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
