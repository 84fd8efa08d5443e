import type { Queued } from '@terrace/core';

/** Whoever waits for an answer wants the process to last until then: the pauses between two looks do not see to it. */
export function keepAlive(queued: Queued): Queued {
  return {
    ...queued,
    wait: (requestId, options) => alive(() => queued.wait(requestId, options)),
    drain: (options) => alive(() => queued.drain(options)),
  };
}

/** The longest that a timer can take. */
const LONG_MS = 2 ** 31 - 1;

async function alive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, LONG_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
