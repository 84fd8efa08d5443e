import type { Worker } from 'node:worker_threads';
import { createLifeline, EngineError, type Lifeline } from '@terrace/core/engine';

/**
 * Watches a worker thread, so that no call waits for a thread that has ended. An idle thread is no reason for the
 * process to stay; a thread with a call under way is.
 * @param modelId of whom it works for when it ends
 */
export function watchWorker(worker: Worker, modelId: () => string): Lifeline {
  const life = createLifeline({ onBusy: () => worker.ref(), onIdle: () => worker.unref() });
  worker.once('error', (error) => life.end(endOf(modelId(), 'it failed', error)));
  worker.once('exit', (code) => life.end(endOf(modelId(), `exit code ${code}`)));
  worker.unref();
  return life;
}

function endOf(modelId: string, why: string, cause?: unknown): EngineError {
  return new EngineError({
    message: `The worker of ${modelId} ended: ${why}.`,
    hint: 'The next request starts a new one; if it happens again, run `terrace doctor`.',
    facts: { model: modelId },
    cause,
  });
}
