import { InvalidRequestError, runtimeClosed } from '@terrace/core';
import { waitFor } from '@terrace/core/engine';

/** Asks a worker until it is ended; calls that are under way then, and all later ones, are told so. */
export interface WorkerCalls<Worker> {
  /** @throws what the call throws; RuntimeClosedError, and InvalidRequestError for what is no data */
  ask<T>(call: (worker: Worker) => Promise<T>): Promise<T>;
  /** The last call, and the end after it. Callers share it. */
  close(last: (worker: Worker) => Promise<void>): Promise<void>;
}

export function createWorkerCalls<Worker>(worker: Worker, end: () => void): WorkerCalls<Worker> {
  const over = new AbortController();
  let closing: Promise<void> | undefined;
  return {
    async ask(call) {
      if (closing) throw runtimeClosed();
      try {
        return await waitFor(call(worker), over.signal);
      } catch (error) {
        throw error instanceof DOMException && error.name === 'DataCloneError' ? noData(error) : error;
      }
    },
    close(last) {
      closing ??= last(worker).finally(() => {
        over.abort(runtimeClosed());
        end();
      });
      return closing;
    },
  };
}

const noData = (cause: DOMException): InvalidRequestError =>
  new InvalidRequestError({
    message: `What was passed cannot be sent to the runtime's worker: ${cause.message}`,
    hint: 'Pass plain objects, lists, texts and numbers, and no functions.',
    cause,
  });
