import { join } from 'node:path';
import { InvalidRequestError, StorageError, type Queue, type Queued, type QueuedState } from '@terrace/core';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { createLazyQueue } from '../../queue/lazy-queue.js';
import { openSqliteQueue } from '../../queue/sqlite-queue.js';
import { systemClock } from '../../system-clock.js';
import { codeOf, describeQueued, isDegraded, queuedInJson, queuedRow } from '../describe-queued.js';
import { EXIT, exitCodeOfCode } from '../exit-code.js';
import { print, printJson, table, warn } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

export interface QueueFlags extends GlobalFlags {
  readonly state?: QueuedState['kind'];
  readonly limit?: number;
  /** Longest wait, in milliseconds. */
  readonly timeout?: number;
  /** Every request that has ended. */
  readonly done?: boolean;
}

/** `terrace queue list`: what was put off, without the texts. */
export async function listQueue(flags: QueueFlags): Promise<number> {
  return withQueue(flags, async (queue) => {
    const { state: kind, limit } = flags;
    const states = await queue.list({ ...(kind && { kind }), ...(limit !== undefined && { limit }) });
    const waiting = await queue.waiting();
    if (flags.json) printJson({ waiting, requests: states.map((state) => queuedInJson(state, false)) });
    else if (states.length === 0) print(kind ? `No request is ${kind}.` : 'No request was put off.');
    else print(table([['request', 'state', 'put off', ''], ...states.map(queuedRow)]));
    return EXIT.answered;
  });
}

/** `terrace queue show ID`. */
export async function showQueued(requestId: string, flags: QueueFlags): Promise<number> {
  return withQueue(flags, async (queue) => tell(await queue.read(requestId), requestId, flags));
}

/** `terrace queue forget ID`, or `--done` for all that have ended. */
export async function forgetQueued(requestId: string | undefined, flags: QueueFlags): Promise<number> {
  if ((requestId === undefined) === (flags.done !== true)) {
    throw new InvalidRequestError({
      message: 'What to forget is missing, or there is too much of it.',
      hint: 'Write `terrace queue forget ID` or `terrace queue forget --done`.',
    });
  }
  return withQueue(flags, async (queue) => {
    // Clocks jump: what has ended by now may have ended in the future.
    const forgotten =
      requestId === undefined ? await queue.forgetEnded(Number.MAX_VALUE) : Number(await queue.forget(requestId));
    if (requestId !== undefined && forgotten === 0) throw unknownRequest(requestId);
    if (flags.json) printJson({ forgotten });
    else print(`forgot ${forgotten} ${forgotten === 1 ? 'request' : 'requests'}`);
    return EXIT.answered;
  });
}

/** `terrace queue wait ID`: until the request has ended, here or in another process. */
export async function waitForQueued(requestId: string, flags: QueueFlags, signal: AbortSignal): Promise<number> {
  // Nothing is loaded for a request that nobody knows, or that has ended.
  const early = await withQueue(flags, (queue) => queue.read(requestId));
  if (early?.kind !== 'waiting') return tell(early, requestId, flags);
  return withQueued(flags, true, async (queued) =>
    tell(await waited(queued, requestId, flags, signal), requestId, flags),
  );
}

async function waited(
  queued: Queued,
  requestId: string,
  { timeout }: QueueFlags,
  signal: AbortSignal,
): Promise<QueuedState | undefined> {
  if (timeout === undefined) return queued.wait(requestId, { signal });
  const over = new AbortController();
  const settled = new AbortController();
  void systemClock.sleep(timeout, settled.signal).then(() => over.abort(new Error('the time is over')));
  try {
    return await queued.wait(requestId, { signal: AbortSignal.any([signal, over.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    if (!over.signal.aborted) throw error;
    return queued.read(requestId);
  } finally {
    settled.abort();
  }
}

/** `terrace queue run`: answers what waits until nothing does, or until what is needed cannot be reached. */
export async function runQueue(flags: QueueFlags, signal: AbortSignal): Promise<number> {
  const total = await withQueue(flags, (queue) => queue.waiting());
  const { answered, failed, waiting } =
    total === 0
      ? { answered: 0, failed: 0, waiting: 0 }
      : await withQueued(flags, false, (queued) => drained(queued, total, signal));
  if (flags.json) printJson({ answered, failed, waiting });
  else {
    const rest = waiting === 0 ? 'none waits' : `${waiting} still wait: what they need cannot be reached now`;
    print(`answered ${answered}, given up ${failed}, ${rest}`);
  }
  return waiting === 0 ? EXIT.answered : EXIT.degraded;
}

async function drained(
  queued: Queued,
  total: number,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Queued['drain']>>> {
  const progress = startProgress('answering', process.stderr, 'requests');
  let done = 0;
  try {
    return await queued.drain({ signal, onAnswer: () => progress.update(++done, Math.max(done, total)) });
  } finally {
    progress.end();
  }
}

/** Says what became of a request. @returns the exit code @throws InvalidRequestError for an id that nobody knows */
function tell(state: QueuedState | undefined, requestId: string, flags: QueueFlags): number {
  if (!state) throw unknownRequest(requestId);
  if (flags.json) printJson(queuedInJson(state, true));
  else print(describeQueued(state));
  switch (state.kind) {
    case 'waiting':
      return EXIT.degraded;
    case 'done':
      return isDegraded(state.result) ? EXIT.degraded : EXIT.answered;
    case 'failed':
      return exitCodeOfCode(codeOf(state.error));
  }
  return state satisfies never;
}

/** The queue alone: no model is loaded and no endpoint is asked. */
async function withQueue<T>(flags: QueueFlags, use: (queue: Queue) => Promise<T>): Promise<T> {
  const { home } = await readSettings(flags);
  const file = join(home, 'queue.db');
  const queue = createLazyQueue({
    file,
    clock: systemClock,
    open: () => openSqliteQueue({ file, clock: systemClock }),
    onWarning: ({ message }) => warn(message),
  });
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}

/** @param reconcile whether the runtime answers what waits by itself */
async function withQueued<T>(flags: QueueFlags, reconcile: boolean, use: (queued: Queued) => Promise<T>): Promise<T> {
  const settings = await readSettings(flags);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    if (!runtime.queued) throw noQueue(settings.home);
    return await use(runtime.queued);
  } finally {
    await runtime.close();
  }
}

const unknownRequest = (requestId: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `No request ${requestId.slice(0, 64)} waits or has waited.`,
    hint: 'See `terrace queue list`; answers are forgotten a week after they came.',
    facts: { requestId: requestId.slice(0, 64) },
  });

const noQueue = (home: string): StorageError =>
  new StorageError({
    message: `The runtime of ${home} has no queue.`,
    hint: 'Check that the folder can be written.',
    facts: { home },
  });
