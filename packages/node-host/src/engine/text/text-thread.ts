import { MessageChannel, Worker } from 'node:worker_threads';
import type { Lifeline } from '@terrace/core/engine';
import type { TextEvent } from '@terrace/core/generate';
import { releaseProxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../comlink-errors.js';
import { watchWorker } from '../worker-life.js';
import type { FromTextWorker, TextCalls, TextWorkerData, ToTextWorker } from './text-protocol.js';

/** A thread for one text model, ended with it. */
export interface TextThread {
  readonly calls: Remote<TextCalls>;
  readonly life: Lifeline;
  tell(message: ToTextWorker): void;
  readonly events: { subscribe(listener: (events: readonly TextEvent[]) => void): () => void };
  end(): Promise<void>;
}

export function startTextThread(workerUrl: URL, modelId: string): TextThread {
  useErrorEnvelope();
  const { port1: jobs, port2 } = new MessageChannel();
  const workerData: TextWorkerData = { jobs: port2 };
  // Flags of the host process, such as an input type or a loader, are not meant for this file.
  const worker = new Worker(workerUrl, { name: 'terrace-text', execArgv: [], workerData, transferList: [port2] });
  const calls = wrap<TextCalls>(nodeEndpoint(worker));
  const life = watchWorker(worker, () => modelId);
  const listeners = new Set<(events: readonly TextEvent[]) => void>();
  jobs.on('message', (events: FromTextWorker) => {
    for (const listener of listeners) listener(events);
  });
  // The thread keeps the process while something is under way in it.
  jobs.unref();
  return {
    calls,
    life,
    tell: (message) => jobs.postMessage(message),
    events: {
      subscribe(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    async end() {
      calls[releaseProxy]();
      jobs.close();
      await worker.terminate();
    },
  };
}
