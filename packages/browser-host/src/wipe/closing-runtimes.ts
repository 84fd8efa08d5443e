const WIPE_CHANNEL = 'terrace-wipe';

/**
 * Where pages are told to close their runtimes, whatever is said.
 * @returns undefined where the browser withholds it: Firefox does from a site that may store nothing
 */
export function openWipeChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(WIPE_CHANNEL);
  } catch {
    return undefined;
  }
}

/** Shared by all runtimes of the origin, for as long as their workers live; had alone by who wipes. */
const STORAGE_LOCK = 'terrace-storage';

/** Resolves when nobody wipes. From then on who wipes waits for the end of this worker. */
export const useStorage = (): Promise<void> =>
  new Promise((resolve) => {
    // What types promise is there in secure contexts only.
    const { locks } = navigator as Partial<Navigator>;
    const untilTheEnd = (): Promise<void> => {
      resolve();
      return new Promise(() => undefined);
    };
    if (!locks) return resolve();
    locks.request(STORAGE_LOCK, { mode: 'shared' }, untilTheEnd).catch(() => resolve());
  });

/** So often pages are told, as one that is just starting a runtime has not listened yet. */
const TELL_MS = 200;

/**
 * Closes the runtimes of all tabs and does something while none can begin. One that does not end in time, as that of a
 * tab that the browser has frozen, is not waited for.
 */
export async function withoutRuntimes<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  const channel = openWipeChannel();
  // No runtime has stored anything.
  if (!channel) return work();
  const tell = (): void => channel.postMessage('close');
  tell();
  const telling = setInterval(tell, TELL_MS);
  const begun = (): Promise<T> => {
    clearInterval(telling);
    return work();
  };
  try {
    const { locks } = navigator as Partial<Navigator>;
    if (!locks) return await begun();
    const isWaiting = { signal: AbortSignal.timeout(limitMs) };
    return await (locks.request(STORAGE_LOCK, isWaiting, begun) as Promise<T>).catch((error: unknown) => {
      if (!isWaiting.signal.aborted) throw error;
      return locks.request(STORAGE_LOCK, { steal: true }, begun) as Promise<T>;
    });
  } finally {
    clearInterval(telling);
    channel.close();
  }
}
