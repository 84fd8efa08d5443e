import type { Clock } from '@terrace/core';

/** The longest that a timer can take. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Time as the browser tells it. Clocks are coarse (0.1 ms, or 5 µs in a page that is cross-origin isolated), and in a
 * tab in the background timers of the page are held back to one a second, and after some minutes to one a minute: a
 * sleep may last longer than asked. Timers of workers are spared most of that.
 */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(delayMs, LONGEST_MS));
      signal?.addEventListener('abort', wake, { once: true });
    }),
};
