import { Worker } from 'node:worker_threads';
import type { FitterProgress } from '@terrace/core/deltas';
import type { Lifeline } from '@terrace/core/engine';
import { releaseProxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { watchWorker } from '../engine/worker-life.js';
import type { FitProgressMessage, FitWork } from './fit-work.js';

/** A thread that fits. */
export interface FitThread {
  readonly remote: Remote<FitWork>;
  readonly life: Lifeline;
  end(): Promise<void>;
}

/** @param onProgress hears of whatever is under way */
export function startFitThread(workerUrl: URL, onProgress: (progress: FitterProgress) => void): FitThread {
  useErrorEnvelope();
  const worker = new Worker(workerUrl, { name: 'terrace-fit', execArgv: [] });
  const remote = wrap<FitWork>(nodeEndpoint(worker));
  const life = watchWorker(worker, () => 'a fit');
  worker.on('message', (message: Partial<FitProgressMessage>) => {
    if (message.progress) onProgress(message.progress);
  });
  return {
    remote,
    life,
    async end() {
      remote[releaseProxy]();
      await worker.terminate();
    },
  };
}
