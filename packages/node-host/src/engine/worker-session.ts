import { EngineError, waitFor, type EngineModel, type EngineOutput } from '@terrace/core/engine';
import type { ThreadSession } from './encoder.js';
import type { EngineThread, EngineThreads } from './engine-threads.js';
import { createTurns } from './turns.js';

/**
 * Loads a variant in a worker thread. A failed attempt ends the thread, and another provider than `cpu` gets a
 * fresh one, so that no attempt can poison another (transformers.js#1767).
 */
export async function loadInWorker(
  model: EngineModel,
  threads: EngineThreads,
  signal?: AbortSignal,
): Promise<ThreadSession> {
  const thread = threads.take(model.modelId, model.provider !== 'cpu');
  const loading = thread.life.guard(() => thread.remote.load(model));
  try {
    const report = await waitFor(loading, signal);
    thread.loads++;
    return Object.assign(calls(model, thread, threads), { report });
  } catch (error) {
    // Only once the load itself is over: the runtime does not survive that its thread is taken away in a call.
    void loading.catch(() => undefined).then(() => thread.end());
    throw error;
  }
}

function calls({ modelId }: EngineModel, thread: EngineThread, threads: EngineThreads): Omit<ThreadSession, 'report'> {
  const { remote, life } = thread;
  const turns = createTurns();
  let released: Promise<void> | undefined;
  const checkOpen = (): void => {
    if (released) throw releasedBefore(modelId);
  };
  const inTurn = <T>(call: () => Promise<T>): Promise<T> =>
    turns(() => {
      checkOpen();
      return life.guard(call);
    });
  return {
    get alive() {
      return !life.ended();
    },
    attach: (delta) => inTurn(() => remote.attach(delta)),
    detach: (deltaId) => inTurn(() => remote.detach(deltaId)),
    runBatch: (inputs) => inTurn<EngineOutput[]>(() => remote.runBatch(inputs)),
    run: (input, { signal } = {}) =>
      turns<EngineOutput>(() => {
        checkOpen();
        return life.guard(() => remote.run(input));
      }, signal),
    release() {
      released ??= turns(() => life.guard(() => remote.release())).then(
        () => threads.giveBack(thread),
        async (error: unknown) => {
          await thread.end();
          throw error;
        },
      );
      return released;
    },
  };
}

function releasedBefore(modelId: string): EngineError {
  return new EngineError({
    message: `${modelId} cannot run: it was released.`,
    hint: 'This is a fault in Terrace: please report it with the trace.',
    facts: { model: modelId },
  });
}
