import type { Clock } from '@terrace/core';
import type { BrowserProbe } from '../probe/browser-probe.js';

/** After the last answer: whoever asks again soon is not to share the cores with a measurement. */
const IDLE_MS = 2000;

/** Requests of pages, which whatever is done for later gives way to. */
export interface Requests {
  /** Makes one, and counts it meanwhile. */
  during<T>(request: () => Promise<T>): Promise<T>;
  isBusy(): boolean;
  end(): void;
}

/**
 * Measures the device once, when the first requests have been answered and none is under way.
 * @param probe asked for when it is time
 */
export function measureWhenIdle(probe: () => Pick<BrowserProbe, 'measure'>, clock: Clock): Requests {
  const closing = new AbortController();
  const { signal } = closing;
  let underWay = 0;
  let idleFromMs = 0;
  /** One timer for all requests, and one measurement. */
  let isLooking = false;

  const look = async (): Promise<void> => {
    isLooking = true;
    let restMs = IDLE_MS;
    while (restMs > 0 && !signal.aborted) {
      await clock.sleep(restMs, signal);
      restMs = underWay > 0 ? IDLE_MS : idleFromMs + IDLE_MS - clock.nowMs();
    }
    // What it finds is in the next profile; it rejects only when the runtime is closed.
    if (!signal.aborted)
      await probe()
        .measure({ signal })
        .catch(() => undefined);
  };
  return {
    async during(request) {
      underWay++;
      try {
        return await request();
      } finally {
        underWay--;
        idleFromMs = clock.nowMs();
        if (!isLooking) void look();
      }
    },
    isBusy: () => underWay > 0,
    end: () => closing.abort(new Error('the runtime was closed')),
  };
}
