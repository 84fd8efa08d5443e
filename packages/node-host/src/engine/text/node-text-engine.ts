import { RUNTIME_BYTES } from '@terrace/core';
import { createOpenSessions, waitFor } from '@terrace/core/engine';
import {
  predictTextMemoryBytes,
  textSession,
  type TextEngine,
  type TextModel,
  type TextSession,
} from '@terrace/core/generate';
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
  /** Memory of a thread that ended stays with the process, and the next load takes it without a rise. */
  let releasedBefore = false;
  const peaks = new Map<string, number>();

  const load = async (model: TextModel, signal: AbortSignal | undefined, letGo: () => void): Promise<TextSession> => {
    const { modelId, variantId, weights } = model;
    const peak = await watchPeakMemory();
    const { calls, life, tell, events, end } = startTextThread(workerUrl, modelId);
    const loading = life.guard(() => calls.load(model));
    try {
      const report = await waitFor(loading, signal);
      const shared = loadedBefore ? 0 : RUNTIME_BYTES;
      loadedBefore = true;
      const rise = Math.max(weights.bytes, (await peak()) - shared);
      // What the runtime takes is an estimate, and less of it is a rise where the process has memory to spare.
      const unseen = releasedBefore || shared > 0 ? predictTextMemoryBytes(weights.bytes, 'node') : 0;
      const peakMemoryBytes = Math.max(rise, peaks.get(variantId) ?? unseen);
      peaks.set(variantId, peakMemoryBytes);
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
          releasedBefore = true;
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
