import type { Clock } from '../../ports/clock.js';
import type { ResponseCacheStore } from '../../ports/response-cache.js';

/** What nobody is given any more takes room for so long, at most. */
const SWEEP_EVERY_MS = 3_600_000;

/**
 * A store that lets go of answers whose time is over, in the background: behind the first one that is kept, and each hour
 * from then on.
 * @param onFailure told once: what fails is tried again in the next hour
 */
export function withSweep(
  store: ResponseCacheStore,
  { clock, onFailure }: { readonly clock: Clock; readonly onFailure?: ((error: unknown) => void) | undefined },
): ResponseCacheStore {
  const closing = new AbortController();
  const { signal } = closing;
  let sweeping: Promise<void> | undefined;

  const sweep = async (): Promise<void> => {
    let isTold = false;
    while (!signal.aborted) {
      await store.forget({ expiredAtWallMs: clock.wallMs() }).catch((error: unknown) => {
        // One that is closed in the middle of it takes no more.
        if (!isTold && !signal.aborted) onFailure?.(error);
        isTold = true;
      });
      await clock.sleep(SWEEP_EVERY_MS, signal);
    }
  };

  return {
    ...store,
    async put(answers) {
      await store.put(answers);
      if (answers.length > 0) sweeping ??= sweep();
    },
    async close() {
      closing.abort();
      await store.close();
      await sweeping;
    },
  };
}
