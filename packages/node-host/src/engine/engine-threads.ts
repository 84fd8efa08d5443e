import { Worker } from 'node:worker_threads';
import type { EngineWorker, Lifeline } from '@terrace/core/engine';
import { releaseProxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from './comlink-errors.js';
import { watchWorker } from './worker-life.js';

/** A thread that can hold one loaded variant at a time. */
export interface EngineThread {
  readonly remote: Remote<EngineWorker>;
  readonly life: Lifeline;
  /** The model it works for, for messages. */
  modelId: string;
  /** Variants it has held. */
  loads: number;
  end(): Promise<void>;
}

export interface EngineThreads {
  /** @param fresh whether it must not have held anything before */
  take(modelId: string, fresh: boolean): EngineThread;
  /** Takes back a thread whose variant was released; it is ended, or kept for the next one. */
  giveBack(thread: EngineThread): Promise<void>;
  close(): Promise<void>;
}

/** A thread starts with fresh memory after so many loads: what they leave behind in it goes with it (onnxruntime#25325). */
const MAX_LOADS = 32;
/** So long a thread waits for another variant; under a memory ceiling the next one comes at once. */
const SPARE_MS = 10_000;

/**
 * Starts threads, and keeps one that has let go of its variant: started and warm, it loads the next in half the time,
 * into the memory of the last. One whose load failed never comes back, so that it cannot poison another
 * (transformers.js#1767).
 */
export function createEngineThreads(workerUrl: URL): EngineThreads {
  let spare: EngineThread | undefined;
  let timer: NodeJS.Timeout | undefined;

  const dropSpare = async (): Promise<void> => {
    clearTimeout(timer);
    const dropped = spare;
    spare = undefined;
    await dropped?.end();
  };

  return {
    take(modelId, fresh) {
      const kept = spare;
      if (!kept || fresh || kept.life.ended()) return startThread(workerUrl, modelId);
      clearTimeout(timer);
      spare = undefined;
      kept.modelId = modelId;
      return kept;
    },
    async giveBack(thread) {
      if (spare || thread.life.ended() || thread.loads >= MAX_LOADS) return thread.end();
      spare = thread;
      timer = setTimeout(() => void dropSpare(), SPARE_MS);
      timer.unref();
    },
    close: dropSpare,
  };
}

function startThread(workerUrl: URL, modelId: string): EngineThread {
  useErrorEnvelope();
  // Flags of the host process, such as an input type or a loader, are not meant for this file.
  const worker = new Worker(workerUrl, { name: 'terrace-engine', execArgv: [] });
  const remote = wrap<EngineWorker>(nodeEndpoint(worker));
  const thread: EngineThread = {
    remote,
    life: watchWorker(worker, () => thread.modelId),
    modelId,
    loads: 0,
    async end() {
      remote[releaseProxy]();
      await worker.terminate();
    },
  };
  return thread;
}
