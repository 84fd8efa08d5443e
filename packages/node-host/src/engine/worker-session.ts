import { Worker } from 'node:worker_threads';
import { EngineError, type EngineInput, type EngineModel, type EngineOutput } from '@terrace/core/engine';
import { releaseProxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import type { EngineWorker } from './engine-worker.js';
import type { ThreadSession } from './encoder.js';
import { createTurns } from './turns.js';

/**
 * Loads a variant in a worker thread of its own. A failed attempt ends the thread, so that it cannot
 * poison a later one (transformers.js#1767).
 */
export async function loadInWorker(model: EngineModel, workerUrl: URL, signal?: AbortSignal): Promise<ThreadSession> {
  useErrorEnvelope();
  const worker = new Worker(workerUrl, { name: `terrace-${model.modelId}` });
  const remote = wrap<EngineWorker>(nodeEndpoint(worker));
  const died = deathOf(worker, model);
  const end = async (): Promise<void> => {
    remote[releaseProxy]();
    await worker.terminate();
  };
  try {
    const report = await Promise.race([remote.load(model), died, aborted(signal)]);
    worker.unref();
    return { report, ...calls(worker, remote, died, end) };
  } catch (error) {
    await end();
    throw error;
  }
}

function calls(
  worker: Worker,
  remote: Remote<EngineWorker>,
  died: Promise<never>,
  end: () => Promise<void>,
): Omit<ThreadSession, 'report'> {
  const turns = createTurns();
  let waiting = 0;
  /** A waiting call keeps the process alive; an idle worker does not. */
  const kept = async <T>(call: Promise<T>): Promise<T> => {
    if (waiting++ === 0) worker.ref();
    try {
      return await Promise.race([call, died]);
    } finally {
      if (--waiting === 0) worker.unref();
    }
  };
  return {
    attach: (delta) => kept(remote.attach(delta)),
    run: (input: EngineInput, { signal } = {}) => turns<EngineOutput>(() => kept(remote.run(input)), signal),
    release: () => kept(turns(() => remote.release())).finally(end),
  };
}

/** Rejects when the thread ends on its own: without it a waiting call would wait for ever. */
function deathOf(worker: Worker, { modelId }: EngineModel): Promise<never> {
  const death = new Promise<never>((_, reject) => {
    const fail = (why: string, cause?: unknown): void =>
      reject(
        new EngineError({
          message: `The worker of ${modelId} ended: ${why}.`,
          hint: 'The next request starts a new one; if it happens again, run `terrace doctor`.',
          facts: { model: modelId },
          cause,
        }),
      );
    worker.once('error', (error) => fail('it failed', error));
    worker.once('exit', (code) => fail(`exit code ${code}`));
  });
  death.catch(() => undefined);
  return death;
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
