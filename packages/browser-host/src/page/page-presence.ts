/** Locks that are not given to who waits for them before their page is gone, however it went. */
const nameOf = (page: string): string => `terrace-page ${page}`;

/**
 * Shows for as long as a page lives that it does: tabs do not tell when they are closed, nor when they crash.
 * Resolves when others can see it, or where the browser has no locks.
 * @param page a name that no other page has
 */
export function showPresence(page: string): Promise<void> {
  return new Promise((resolve) => {
    const stay = (): Promise<never> => {
      resolve();
      return new Promise(() => undefined);
    };
    const { locks } = navigator as { readonly locks?: LockManager };
    if (!locks) return resolve();
    locks.request(nameOf(page), stay).catch(() => resolve());
  });
}

/**
 * Tells when a page that shows its presence is gone.
 * @param signal ends the watch
 */
export function watchPresence(page: string, { signal, onGone }: { signal: AbortSignal; onGone: () => void }): void {
  const { locks } = navigator as { readonly locks?: LockManager };
  locks?.request(nameOf(page), { signal, mode: 'shared' }, onGone).catch(() => undefined);
}
