import { Server } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@terrace/core';

/** What of an HTTP server is needed to stop it. */
export type Draining = Server & { closeIdleConnections(): void };

/** A connection without a request is kept for so long: a request may be on its way to it. */
const GRACE_MS = 500;
const LOOK_EVERY_MS = 25;
/** For the refusals of what was cut short. */
const LAST_WORDS_MS = 250;

/**
 * Stops listening, and waits for the connections there are. A connection that is used once more is answered; one that
 * stays idle is closed.
 * @param limitMs after this time `onLimit` is called, and soon after it `closeAll`
 * @param closeAll closes whatever is still open
 */
export async function drain(
  server: Draining,
  { clock, limitMs, onLimit, closeAll }: { clock: Clock; limitMs: number; onLimit: () => void; closeAll: () => void },
): Promise<void> {
  const startMs = clock.nowMs();
  // What the system has connected already is taken in first.
  await setImmediate();
  const closed = new AbortController();
  // Not the close of the HTTP server: that one closes idle connections at once, also under a request that was sent.
  Server.prototype.close.call(server, () => closed.abort());
  let limitReached = false;
  while (!closed.signal.aborted) {
    const spentMs = clock.nowMs() - startMs;
    if (spentMs >= Math.min(GRACE_MS, limitMs)) server.closeIdleConnections();
    if (spentMs >= limitMs && !limitReached) {
      limitReached = true;
      onLimit();
    }
    if (spentMs >= limitMs + LAST_WORDS_MS) closeAll();
    await clock.sleep(LOOK_EVERY_MS, closed.signal);
  }
}
