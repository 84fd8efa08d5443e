import type { Clock } from '../ports/clock.js';
import type { Claim, Queue, QueuedRequest, QueuedState } from '../ports/queue.js';
import type { Random } from '../ports/random.js';
import { queueIsClosed } from './queue-closed.js';

/** A request of a process that is gone is taken over sooner where the host can tell. */
const LEASE_MS = 120_000;
/** A try is over before somebody else may begin one, with time left to write that down. */
const LONGEST_TRY_MS = 100_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** How soon it is looked whether another process has answered; those who wait longer look less often. */
const POLL_MS = 250;
const LONGEST_POLL_MS = 2000;
/** Answers are kept for whoever asks, and no longer. */
const RETENTION_MS = 7 * 86_400_000;
const LOOK_MS = 60_000;
const LOOKS_A_DAY = 1440;

/** What came of one try to answer a request that was put off. */
export type Attempt =
  | { readonly kind: 'done'; readonly result: string }
  /** It can never be answered. */
  | { readonly kind: 'failed'; readonly error: string }
  /** Not yet: what it needs cannot be reached. */
  | { readonly kind: 'later' };

/** What a drain has ended, and what it left. */
export interface Drained {
  readonly answered: number;
  readonly failed: number;
  readonly waiting: number;
}

interface DrainOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of each request that has ended. */
  readonly onAnswer?: ((requestId: string) => void) | undefined;
}

/** Requests that were put off, for whoever waits for their answers. */
export interface Queued {
  read(requestId: string): Promise<QueuedState | undefined>;
  list(query?: Parameters<Queue['list']>[0]): Promise<QueuedState[]>;
  /** Resolves when the request has ended, here or in another process; undefined for an id that nobody knows. */
  wait(requestId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<QueuedState | undefined>;
  /**
   * Answers what waits, in order, as long as it can be answered. What another process is at is waited for.
   * @throws the signal's reason, StorageError, RuntimeClosedError
   */
  drain(options?: DrainOptions): Promise<Drained>;
  forget(requestId: string): Promise<boolean>;
}

export interface Reconciler extends Queued {
  /** What was put off may be answerable now. Never rejects. */
  wake(): void;
  /** Ends after the request under way. */
  close(): Promise<void>;
}

type Turn =
  | { readonly kind: 'done' | 'failed'; readonly kept: boolean; readonly requestId: string }
  | { readonly kind: 'later' }
  /** Nothing waits, or somebody else is at the oldest. */
  | { readonly kind: 'nothing' };

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
  let pausing: AbortController | undefined;
  let isAwake = false;
  let isLookingOut = false;
  /** Since the drain under way began. */
  let isWanted = false;

  const sleepThen = async (delayMs: number, signal: AbortSignal, then: () => void): Promise<void> => {
    await clock.sleep(delayMs, signal);
    then();
  };

  /** One try, over before somebody else may begin one; an answer that comes later would be given twice. */
  const attempt = async (claim: Claim, signal: AbortSignal): Promise<Attempt> => {
    const ended = new AbortController();
    const over = new AbortController();
    const stop = (): void => over.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void sleepThen(LONGEST_TRY_MS, ended.signal, () => over.abort(new Error('the try took too long')));
    try {
      return await answer(claim.queued, over.signal);
    } finally {
      ended.abort();
      signal.removeEventListener('abort', stop);
    }
  };

  const answerNext = async (signal: AbortSignal): Promise<Turn> => {
    const claim = await queue.claim(LEASE_MS);
    if (!claim) return { kind: 'nothing' };
    let given: Attempt;
    try {
      given = await attempt(claim, signal);
    } catch (error) {
      await queue.release(claim);
      throw error;
    }
    if (given.kind === 'later') {
      await queue.release(claim);
      return given;
    }
    const ending = given.kind === 'done' ? { result: given.result } : { error: given.error };
    const kept = await queue.finish(claim, ending);
    for (const listener of listeners) listener();
    return { kind: given.kind, kept, requestId: claim.queued.requestId };
  };

  const drainNow = async ({ signal, onAnswer }: DrainOptions): Promise<Drained> => {
    const counts = { answered: 0, failed: 0 };
    const over = new AbortController();
    const stop = (): void => over.abort(signal?.aborted ? signal.reason : closing.signal.reason);
    const stops = signal ? [signal, closing.signal] : [closing.signal];
    if (stops.some(({ aborted }) => aborted)) stop();
    for (const each of stops) each.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        over.signal.throwIfAborted();
        const next = await answerNext(over.signal);
        if (next.kind === 'later') break;
        if (next.kind === 'nothing') {
          // Another process may be answering the oldest one, or die over it.
          if ((await queue.waiting()) === 0) break;
          await clock.sleep(POLL_MS, over.signal);
          continue;
        }
        if (next.kept) counts[next.kind === 'done' ? 'answered' : 'failed']++;
        onAnswer?.(next.requestId);
      }
      over.signal.throwIfAborted();
      await queue.forgetEnded(clock.wallMs() - RETENTION_MS);
      return { ...counts, waiting: await queue.waiting() };
    } finally {
      for (const each of stops) each.removeEventListener('abort', stop);
    }
  };

  /** One drain at a time in a process: order is order. */
  const drain = (options: DrainOptions = {}): Promise<Drained> => {
    const mine = turn.then(() => drainNow(options));
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** Until something has ended here, the time is over, or nobody waits any more. */
  const heard = (pollMs: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const over = new AbortController();
      const done = (): void => {
        listeners.delete(done);
        signal?.removeEventListener('abort', done);
        over.abort();
        resolve();
      };
      listeners.add(done);
      signal?.addEventListener('abort', done, { once: true });
      void sleepThen(pollMs, over.signal, done);
    });

  const pause = async (): Promise<void> => {
    pausing = new AbortController();
    const stop = (): void => pausing?.abort();
    closing.signal.addEventListener('abort', stop, { once: true });
    await clock.sleep(pauseMs * (0.75 + random() / 2), pausing.signal);
    closing.signal.removeEventListener('abort', stop);
    pausing = undefined;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  };

  const drainUntilEmpty = async (): Promise<void> => {
    let isFailing = false;
    while (!closing.signal.aborted) {
      try {
        isWanted = false;
        const { answered, failed, waiting } = await drain();
        isFailing = false;
        if (isWanted) continue;
        if (waiting === 0) return;
        if (answered + failed > 0) pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        // Once, however long a disk is full.
        if (!isFailing && !closing.signal.aborted) onFailure(error);
        isFailing = true;
      }
      if (!closing.signal.aborted) await pause();
    }
  };

  const start = (): void => {
    isWanted = true;
    if (isAwake || closing.signal.aborted) return;
    isAwake = true;
    void drainUntilEmpty().finally(() => (isAwake = false));
  };

  /** What other processes put off shows in the queue alone; and answers are forgotten however rarely it is woken. */
  const lookOut = async (): Promise<void> => {
    if (isLookingOut) return;
    isLookingOut = true;
    for (let looks = 1; ; looks++) {
      await clock.sleep(LOOK_MS, closing.signal);
      if (closing.signal.aborted) return;
      const isDue = looks % LOOKS_A_DAY === 0 || (await queue.waiting().catch(() => 0)) > 0;
      if (isDue) start();
    }
  };

  return {
    wake() {
      pauseMs = FIRST_PAUSE_MS;
      pausing?.abort();
      start();
      void lookOut();
    },
    drain,
    async wait(requestId, { signal } = {}) {
      for (let pollMs = POLL_MS; ; pollMs = Math.min(LONGEST_POLL_MS, pollMs * 1.5)) {
        signal?.throwIfAborted();
        closing.signal.throwIfAborted();
        const state = await queue.read(requestId);
        if (state?.kind !== 'waiting') return state;
        await heard(pollMs, signal);
      }
    },
    read: (requestId) => queue.read(requestId),
    list: (query) => queue.list(query),
    forget: (requestId) => queue.forget(requestId),
    async close() {
      closing.abort(queueIsClosed());
      for (const listener of listeners) listener();
      await turn;
      await queue.close();
    },
  };
}
