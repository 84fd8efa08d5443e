import type { Ledger } from '@terrace/core';
import type { WritingThread } from './writing-thread.js';

/** So many entries are more than a command writes: from then on a thread of its own is worth its memory. */
const MOVE_FROM = 512;

/** A commit waits for the disk: in the thread nobody waits with it, and many share one. */
const THREAD_BATCH = 2048;
const BATCH = 64;

/**
 * A ledger that goes on writing in a thread of its own once there is much to write: SQLite makes whoever commits wait
 * for the disk, and on the calling thread every timer and every answer would wait with it. A few entries, as a command
 * has them, are written where they are, without starting anything.
 * @param here opens, reads and recovers; whatever fails in the thread is tried again here
 */
export function createBusyLedger({ here, start }: { here: Ledger; start: () => Promise<WritingThread> }): Ledger {
  let appended = 0;
  let thread: WritingThread | undefined;
  let starting: Promise<void> | undefined;
  let closed = false;

  const move = (): void => {
    starting ??= start()
      .then(async (started) => {
        if (closed) await started.close();
        else thread = started;
      })
      .catch(() => undefined);
  };

  /** The ledger is in trouble or the thread has ended: what is here knows how to recover, and a new thread may start. */
  const giveUp = async (failed: WritingThread): Promise<void> => {
    if (thread !== failed) return;
    thread = undefined;
    starting = undefined;
    appended = 0;
    await failed.close().catch(() => undefined);
  };

  return {
    batchEntries: () => (thread ? THREAD_BATCH : BATCH),
    async append(entries) {
      appended += entries.length;
      if (appended > MOVE_FROM) move();
      const writing = thread;
      if (!writing) return here.append(entries);
      try {
        await writing.append(entries);
      } catch {
        await giveUp(writing);
        await here.append(entries);
      }
    },
    outcomes: (query) => here.outcomes(query),
    outcome: (requestId) => here.outcome(requestId),
    review: (query) => here.review(query),
    feedback: (query) => here.feedback(query),
    statistics: () => here.statistics(),
    async close() {
      closed = true;
      await starting;
      await thread?.close().catch(() => undefined);
      await here.close();
    },
  };
}
