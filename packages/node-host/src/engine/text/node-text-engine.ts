import { RUNTIME_BYTES } from '@terrace/core';
import { createTurns, engineClosed, waitFor } from '@terrace/core/engine';
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
  const open = new Set<TextSession>();
  /** One load at a time: they compete for the disk and one core anyway, and what each took can be told apart. */
  const turns = createTurns();
  let loadedBefore = false;
  let closed = false;

  const load = async (model: TextModel, signal: AbortSignal | undefined): Promise<TextSession> => {
    const { modelId } = model;
    if (closed) throw engineClosed(modelId);
    const peak = await watchPeakMemory();
    const { calls, life, tell, events, end } = startTextThread(workerUrl, modelId);
    const loading = life.guard(() => calls.load(model));
    try {
      const report = await waitFor(loading, signal);
      const shared = loadedBefore ? 0 : RUNTIME_BYTES;
      loadedBefore = true;
      const peakMemoryBytes = Math.max(model.weights.bytes, (await peak()) - shared);
      const session = textSession({
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
          open.delete(session);
          await life.guard(() => calls.release()).finally(end);
        },
      });
      open.add(session);
      return session;
    } catch (error) {
      // Only once the load itself is over: the runtime does not survive that its thread is taken away in a call.
      void loading.catch(() => undefined).then(end);
      throw error;
    }
  };

  return {
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      const session = await turns(() => load(model, signal), signal);
      if (!closed) return session;
      await session.release();
      throw engineClosed(model.modelId);
    },
    async close() {
      closed = true;
      await Promise.allSettled([...open].map((session) => session.release()));
    },
  };
}
