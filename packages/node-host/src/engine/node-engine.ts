import {
  EngineError,
  INLINE_LIMIT_MS,
  RUNTIME_BYTES,
  type EngineModel,
  type EngineSession,
  type ModelEngine,
} from '@terrace/core';
import { loadEncoder, type ThreadSession } from './encoder.js';
import { watchPeakMemory } from './peak-memory.js';
import { loadInWorker } from './worker-session.js';

export interface NodeEngineOptions {
  /** The compiled worker; tests that run from sources name the built one. */
  readonly workerUrl?: URL;
}

/** onnxruntime-node behind the engine port: a thread a variant, or inline where a run is shorter than the hop. */
export function createNodeEngine({
  workerUrl = new URL('./engine-worker.js', import.meta.url),
}: NodeEngineOptions = {}): ModelEngine {
  const open = new Set<ThreadSession>();
  let loadedBefore = false;
  let closed = false;

  const loadAnywhere = async (model: EngineModel, signal: AbortSignal | undefined): Promise<ThreadSession> => {
    if (model.expectedRunMs > INLINE_LIMIT_MS) return loadInWorker(model, workerUrl, signal);
    const inline = await loadEncoder(model, 'inline');
    if (inline.report.warmRunMs <= INLINE_LIMIT_MS) return inline;
    await inline.release();
    return loadInWorker(model, workerUrl, signal);
  };

  return {
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      const peak = await watchPeakMemory();
      const session = await loadAnywhere(model, signal);
      const shared = loadedBefore ? 0 : RUNTIME_BYTES;
      loadedBefore = true;
      if (closed) {
        await session.release();
        throw closedMeanwhile(model);
      }
      open.add(session);
      const report = { ...session.report, peakMemoryBytes: Math.max(model.weights.bytes, (await peak()) - shared) };
      const release = async (): Promise<void> => {
        open.delete(session);
        await session.release();
      };
      return {
        report,
        attach: (delta) => session.attach(delta),
        run: (input, options) => session.run(input, options),
        release,
      } satisfies EngineSession;
    },
    async close() {
      closed = true;
      await Promise.allSettled([...open].map((session) => session.release()));
      open.clear();
    },
  };
}

function closedMeanwhile({ modelId }: EngineModel): EngineError {
  return new EngineError({
    message: `${modelId} was loaded after the engine had been closed.`,
    hint: 'Wait for requests under way before closing the runtime.',
    facts: { model: modelId },
  });
}
