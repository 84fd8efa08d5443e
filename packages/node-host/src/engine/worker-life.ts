import type { Worker } from 'node:worker_threads';
import { EngineError } from '@terrace/core/engine';

/** Watches a worker thread, so that no call waits for a thread that has ended. */
export interface WorkerLife {
  /** The call's own outcome, or an EngineError when the thread ends first. It keeps the process alive meanwhile. */
  guard<T>(call: () => Promise<T>): Promise<T>;
  ended(): boolean;
}

/** An idle thread is no reason for the process to stay; a thread with a call under way is. */
/** @param modelId of whom it works for when it ends */
export function watchWorker(worker: Worker, modelId: () => string): WorkerLife {
  // A race against one long-lived promise would keep every finished call in memory.
  const waiting = new Set<(error: EngineError) => void>();
  let ended: EngineError | undefined;
  const end = (why: string, cause?: unknown): void => {
    ended ??= endOf(modelId(), why, cause);
    for (const reject of waiting) reject(ended);
    waiting.clear();
  };
  worker.once('error', (error) => end('it failed', error));
  worker.once('exit', (code) => end(`exit code ${code}`));
  worker.unref();

  return {
    ended: () => ended !== undefined,
    guard(call) {
      if (ended) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        if (waiting.size === 0) worker.ref();
        waiting.add(reject);
        const finish = (): void => {
          waiting.delete(reject);
          if (waiting.size === 0) worker.unref();
        };
        call().then(
          (value) => {
            finish();
            resolve(value);
          },
          (error: unknown) => {
            finish();
            reject(error as Error);
          },
        );
      });
    },
  };
}

function endOf(modelId: string, why: string, cause: unknown): EngineError {
  return new EngineError({
    message: `The worker of ${modelId} ended: ${why}.`,
    hint: 'The next request starts a new one; if it happens again, run `terrace doctor`.',
    facts: { model: modelId },
    cause,
  });
}
