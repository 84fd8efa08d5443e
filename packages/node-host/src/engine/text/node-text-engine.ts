import { RUNTIME_BYTES } from '@terrace/core';
import { createOpenSessions, waitFor } from '@terrace/core/engine';
import { textSession, type TextEngine, type TextModel, type TextSession } from '@terrace/core/generate';
import { forbidTelemetry } from '../forbid-telemetry.js';
import { watchPeakMemory } from '../peak-memory.js';
import { startTextThread } from './text-thread.js';

export interface NodeTextEngineOptions {
  /** The compiled worker; tests that run from sources name the built one. */
  readonly workerUrl?: URL;
}

/**
 * onnxruntime-node behind the port of text engines: a thread a model, ended when that is let go, so that no load can
 * poison another.
 */
export function createNodeTextEngine({
  workerUrl = new URL('./text-worker.js', import.meta.url),
}: NodeTextEngineOptions = {}): TextEngine {
  forbidTelemetry();
  const sessions = createOpenSessions<TextSession>();
  let loadedBefore = false;

  const load = async (model: TextModel, signal: AbortSignal | undefined, letGo: () => void): Promise<TextSession> => {
    const { modelId } = model;
    const peak = await watchPeakMemory();
    const { calls, life, tell, events, end } = startTextThread(workerUrl, modelId);
    const loading = life.guard(() => calls.load(model));
    try {
      const report = await waitFor(loading, signal);
      const shared = loadedBefore ? 0 : RUNTIME_BYTES;
      loadedBefore = true;
      const peakMemoryBytes = Math.max(model.weights.bytes, (await peak()) - shared);
      return textSession({
        modelId,
        worker: {
          begin: (jobId, job, creditTokens) => tell({ kind: 'begin', jobId, job, creditTokens }),
          more: (jobId, tokens) => tell({ kind: 'more', jobId, tokens }),
          cancel: (jobId) => tell({ kind: 'cancel', jobId }),
          countTokens: (chat) => calls.countTokens(chat),
          logits: (text) => calls.logits(text),
        },
        events,
        life,
        report: { ...report, peakMemoryBytes },
        async letGo() {
          letGo();
          await life.guard(() => calls.release()).finally(end);
        },
      });
    } catch (error) {
      // Only once the load itself is over: the runtime does not survive that its thread is taken away in a call.
      void loading.catch(() => undefined).then(end);
      throw error;
    }
  };

  return {
    load: (model, { signal } = {}) => sessions.load(model.modelId, signal, (letGo) => load(model, signal, letGo)),
    close: () => sessions.close(),
  };
}
