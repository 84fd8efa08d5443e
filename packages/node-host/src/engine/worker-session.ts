import { Worker } from 'node:worker_threads';
import { EngineError, waitFor, type EngineModel, type EngineOutput } from '@terrace/core/engine';
import { releaseProxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import type { ThreadSession } from './encoder.js';
import type { EngineWorker } from './engine-worker.js';
import { createTurns } from './turns.js';
import { watchWorker, type WorkerLife } from './worker-life.js';

/**
 * Loads a variant in a worker thread of its own. A failed attempt ends the thread, so that it cannot
 * poison a later one (transformers.js#1767).
 */
export async function loadInWorker(model: EngineModel, workerUrl: URL, signal?: AbortSignal): Promise<ThreadSession> {
  useErrorEnvelope();
  // Flags of the host process, such as an input type or a loader, are not meant for this file.
  const worker = new Worker(workerUrl, { name: `terrace-${model.modelId}`, execArgv: [] });
  const life = watchWorker(worker, model.modelId);
  const remote = wrap<EngineWorker>(nodeEndpoint(worker));
  const end = async (): Promise<void> => {
    remote[releaseProxy]();
    await worker.terminate();
  };
  try {
    const report = await waitFor(
      life.guard(() => remote.load(model)),
      signal,
    );
    return Object.assign(calls(model, life, remote, end), { report });
  } catch (error) {
    await end();
    throw error;
  }
}

function calls(
  { modelId }: EngineModel,
  life: WorkerLife,
  remote: Remote<EngineWorker>,
  end: () => Promise<void>,
): Omit<ThreadSession, 'report'> {
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
      released ??= turns(() => life.guard(() => remote.release())).finally(end);
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
