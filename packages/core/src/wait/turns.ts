import { waitFor } from './wait-for.js';

/** Runs one call at a time, in order. A call aborted while it waits is never made. */
export type Turns = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * A session runs one inference at a time whatever is sent to it, and a message that was sent cannot be
 * taken back. So waiting calls wait here, where an abort still reaches them.
 */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let underWay = 0;
  const leave = (): void => {
    underWay--;
  };
  return (call, signal) => {
    const start = async (): ReturnType<typeof call> => {
      signal?.throwIfAborted();
      return call();
    };
    // Whoever is alone starts at once: a turn through the promise queue is a noticeable part of a short run.
    const turn = underWay === 0 ? start() : last.then(start);
    underWay++;
    last = turn.then(leave, leave);
    return waitFor(turn, signal);
  };
}
