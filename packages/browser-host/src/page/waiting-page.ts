/** A lock that is not given to who waits for it before the page that asked is gone, or has been answered. */
const nameOf = (askId: string): string => `terrace-ask ${askId}`;

/** Undefined where the page is not served securely. */
const locks = (): LockManager | undefined => (navigator as { readonly locks?: LockManager }).locks;

/**
 * Makes a call that another tab may answer, and shows for as long that this one waits: tabs do not tell when they are
 * closed, nor when they crash.
 * @param askId a name that no other call has
 */
export const whileWaiting = <T>(askId: string, call: () => Promise<T>): Promise<T> =>
  (locks()?.request(nameOf(askId), call) as Promise<T> | undefined) ?? call();

/**
 * Tells when the page that waits for an answer waits no longer.
 * @param signal ends the watch
 */
export function watchWaiting(askId: string, { signal, onGone }: { signal: AbortSignal; onGone: () => void }): void {
  locks()
    ?.request(nameOf(askId), { signal }, onGone)
    .catch(() => undefined);
}
