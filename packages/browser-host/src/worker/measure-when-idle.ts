import type { Clock, Result, Runtime } from '@terrace/core';
import type { BrowserProbe } from '../probe/browser-probe.js';

/** After the last answer: whoever asks again soon is not to share the cores with a measurement. */
const IDLE_MS = 2000;

/** For whoever gives way to requests. */
export interface RequestCount {
  underWay: number;
}

/**
 * Measures the device once, when the first requests have been answered and none is under way.
 * @param requests in which it counts them
 */
export function measureWhenIdle({
  runtime,
  probe,
  clock,
  requests,
}: {
  runtime: Runtime;
  probe: Pick<BrowserProbe, 'measure'>;
  clock: Clock;
  requests: RequestCount;
}): Runtime {
  const closing = new AbortController();
  let idleFromMs = 0;
  let isLooking = false;
  let isDone = false;

  const look = async (): Promise<void> => {
    isLooking = true;
    let restMs = IDLE_MS;
    while (restMs > 0 && !closing.signal.aborted) {
      await clock.sleep(restMs, closing.signal);
      restMs = requests.underWay > 0 ? IDLE_MS : idleFromMs + IDLE_MS - clock.nowMs();
    }
    if (closing.signal.aborted) return;
    isDone = true;
    // What it finds is in the next profile; it rejects only when the runtime is closed.
    await probe.measure({ signal: closing.signal }).catch(() => undefined);
  };
  const enter = (): void => {
    requests.underWay++;
  };
  const leave = (): void => {
    requests.underWay--;
    if (isDone) return;
    idleFromMs = clock.nowMs();
    // One timer for all requests.
    if (!isLooking) void look();
  };
  const counted = async <T>(request: () => Promise<T>): Promise<T> => {
    enter();
    try {
      return await request();
    } finally {
      leave();
    }
  };

  async function* stream(...asked: Parameters<Runtime['stream']>): ReturnType<Runtime['stream']> {
    enter();
    try {
      return yield* runtime.stream(...asked);
    } finally {
      leave();
    }
  }

  return {
    ...runtime,
    stream,
    run: (input, options) => counted<Result>(() => runtime.run(input, options)),
    recommend: (input, options) => counted(() => runtime.recommend(input, options)),
    prepare: (input, options) => counted(() => runtime.prepare(input, options)),
    async close() {
      closing.abort(new Error('the runtime was closed'));
      await runtime.close();
    },
  };
}
