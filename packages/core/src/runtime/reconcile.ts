import type { Clock } from '../ports/clock.js';
import type { Claim, Queue, QueuedRequest, QueuedState } from '../ports/queue.js';
import type { Random } from '../ports/random.js';

/** Longer than any answer takes; a request of a process that is gone is taken over sooner where the host can tell. */
const LEASE_MS = 120_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** How often it is looked whether another process has answered. */
const POLL_MS = 250;
/** Answers are kept for whoever asks, and no longer. */
const RETENTION_MS = 7 * 86_400_000;

/** What came of one try to answer a request that was put off. */
export type Attempt =
  | { readonly kind: 'done'; readonly result: string }
  /** It can never be answered. */
  | { readonly kind: 'failed'; readonly error: string }
  /** Not yet: what it needs cannot be reached. */
  | { readonly kind: 'later' };

export interface Drained {
  readonly answered: number;
  readonly failed: number;
  readonly waiting: number;
}

/** Requests that were put off, for whoever waits for their answers. */
export interface Queued {
  read(requestId: string): Promise<QueuedState | undefined>;
  list(query?: Parameters<Queue['list']>[0]): Promise<QueuedState[]>;
  /** Resolves when the request has ended, here or in another process; undefined for an id that nobody knows. */
  wait(requestId: string, options?: { readonly signal?: AbortSignal }): Promise<QueuedState | undefined>;
  /** Answers what waits, in order, as long as it can be answered. @throws the signal's reason, StorageError */
  drain(options?: { readonly signal?: AbortSignal; readonly onAnswer?: (requestId: string) => void }): Promise<Drained>;
  forget(requestId: string): Promise<boolean>;
}

export interface Reconciler extends Queued {
  /** What was put off may be answerable now. Never rejects. */
  wake(): void;
  /** Ends after the request under way. */
  close(): Promise<void>;
}

/**
 * Answers requests that were put off, one after the other in the order they came. Each ends once, however often a
 * process dies over it: an answer is kept together with the end of its claim.
 * @param answer one try; it must not put the request off again
 * @param onFailure told of a queue that cannot be read or written
 */
export function createReconciler({
  queue,
  clock,
  random,
  answer,
  onFailure,
}: {
  queue: Queue;
  clock: Clock;
  random: Random;
  answer: (queued: QueuedRequest, signal: AbortSignal) => Promise<Attempt>;
  onFailure: (error: unknown) => void;
}): Reconciler {
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let turn: Promise<unknown> = Promise.resolve();
  let pauseMs = FIRST_PAUSE_MS;
  let isWaking = false;

  /** @returns whether there may be more to answer */
  const answerNext = async (
    counts: { answered: number; failed: number },
    signal: AbortSignal,
  ): Promise<Claim | undefined> => {
    const claim = await queue.claim(LEASE_MS);
    if (!claim) return undefined;
    let attempt: Attempt;
    try {
      attempt = await answer(claim.queued, signal);
    } catch (error) {
      await queue.release(claim);
      throw error;
    }
    if (attempt.kind === 'later') {
      await queue.release(claim);
      return undefined;
    }
    const ending = attempt.kind === 'done' ? { result: attempt.result } : { error: attempt.error };
    if (await queue.finish(claim, ending)) counts[attempt.kind === 'done' ? 'answered' : 'failed']++;
    for (const listener of listeners) listener();
    return claim;
  };

  const drainNow = async ({
    signal = closing.signal,
    onAnswer,
  }: Parameters<Queued['drain']>[0] = {}): Promise<Drained> => {
    const counts = { answered: 0, failed: 0 };
    const over = new AbortController();
    const stop = (): void => over.abort(signal.aborted ? signal.reason : closing.signal.reason);
    for (const each of [signal, closing.signal]) each.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        if (closing.signal.aborted) break;
        const claim = await answerNext(counts, over.signal);
        if (!claim) break;
        onAnswer?.(claim.queued.requestId);
      }
      await queue.forgetEnded(clock.wallMs() - RETENTION_MS);
      return { ...counts, waiting: await queue.waiting() };
    } finally {
      for (const each of [signal, closing.signal]) each.removeEventListener('abort', stop);
    }
  };

  /** One drain at a time in a process: order is order. */
  const drain: Queued['drain'] = (options) => {
    const mine = turn.then(() => drainNow(options));
    turn = mine.catch(() => undefined);
    return mine;
  };

  const drainUntilEmpty = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const before = await queue.waiting();
      if (before === 0) return;
      const { waiting } = await drain();
      if (waiting === 0) return;
      if (waiting < before) pauseMs = FIRST_PAUSE_MS;
      await clock.sleep(pauseMs * (0.75 + random() / 2), closing.signal);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  };

  return {
    wake() {
      pauseMs = FIRST_PAUSE_MS;
      if (isWaking || closing.signal.aborted) return;
      isWaking = true;
      drainUntilEmpty()
        .catch((error: unknown) => closing.signal.aborted || onFailure(error))
        .finally(() => (isWaking = false));
    },
    drain,
    async wait(requestId, { signal } = {}) {
      for (;;) {
        signal?.throwIfAborted();
        const state = await queue.read(requestId);
        if (state?.kind !== 'waiting' || closing.signal.aborted) return state;
        await new Promise<void>((resolve) => {
          const heard = new AbortController();
          const done = (): void => {
            listeners.delete(done);
            signal?.removeEventListener('abort', done);
            heard.abort();
            resolve();
          };
          listeners.add(done);
          signal?.addEventListener('abort', done, { once: true });
          void clock.sleep(POLL_MS, heard.signal).then(done);
        });
      }
    },
    read: (requestId) => queue.read(requestId),
    list: (query) => queue.list(query),
    forget: (requestId) => queue.forget(requestId),
    async close() {
      closing.abort(new Error('the runtime was closed'));
      for (const listener of listeners) listener();
      await turn;
      await queue.close();
    },
  };
}
