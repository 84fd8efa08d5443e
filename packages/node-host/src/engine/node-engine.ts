import {
  INLINE_LIMIT_MS,
  predictMemoryBytes,
  RUNTIME_BYTES,
  type EngineModel,
  type EngineSession,
  type ModelEngine,
} from '@terrace/core';
import { createTurns, engineClosed, loadEncoder, type ThreadSession } from '@terrace/core/engine';
import { forbidTelemetry } from './forbid-telemetry.js';
import { encoderHost as host } from './encoder-host.js';
import { watchCallerLoad } from './caller-load.js';
import { watchPeakMemory } from './peak-memory.js';
import { createEngineThreads } from './engine-threads.js';
import { mayBeStatic } from './open-static.js';
import { loadInWorker } from './worker-session.js';

export interface NodeEngineOptions {
  /** The compiled worker; tests that run from sources name the built one. */
  readonly workerUrl?: URL;
}

/** It also tells what its loaded models took, in bytes; what the first one brings along for all is not counted. */
export type NodeEngine = ModelEngine & { heldBytes(): number };

interface Measured {
  readonly session: ThreadSession;
  readonly peakMemoryBytes: number;
}

/** onnxruntime-node behind the engine port: a thread a variant, or inline where a run is shorter than the hop. */
export function createNodeEngine({
  workerUrl = new URL('./engine-worker.js', import.meta.url),
}: NodeEngineOptions = {}): NodeEngine {
  forbidTelemetry();
  const open = new Map<ThreadSession, number>();
  const threads = createEngineThreads(workerUrl);
  let runtimeLoaded = false;
  /** Memory of a session that ended stays with the process, and the next load takes it without a rise. */
  let releasedBefore = false;
  const peaks = new Map<string, number>();
  /** Expected to be short enough for the calling thread, and found to be longer. */
  const slow = new Set<string>();
  let closed = false;

  /** One load at a time: they compete for the disk and one core anyway, and what each took can be told apart. */
  const turns = createTurns();

  const measured = async (model: EngineModel, load: () => Promise<ThreadSession>): Promise<Measured> => {
    const peak = await watchPeakMemory();
    const session = await load();
    const shared = runtimeLoaded || mayBeStatic(model) ? 0 : RUNTIME_BYTES;
    runtimeLoaded ||= !mayBeStatic(model);
    const rise = Math.max(model.weights.bytes, (await peak()) - shared);
    const { variantId, weights, expectedRunMs } = model;
    // What the runtime takes is an estimate, and less of it is a rise where the process has memory to spare.
    const unseen = releasedBefore || shared > 0 ? predictMemoryBytes(weights, 'node', expectedRunMs) : 0;
    const peakMemoryBytes = Math.max(rise, peaks.get(variantId) ?? unseen);
    peaks.set(variantId, peakMemoryBytes);
    return { session, peakMemoryBytes };
  };

  const loadAnywhere = async (model: EngineModel, signal: AbortSignal | undefined): Promise<Measured> => {
    if (closed) throw engineClosed(model.modelId);
    if (model.expectedRunMs <= INLINE_LIMIT_MS && !slow.has(model.variantId)) {
      const inline = await measured(model, () => loadEncoder({ model, thread: 'inline', host }));
      if (inline.session.report.warmRunMs <= INLINE_LIMIT_MS) return inline;
      slow.add(model.variantId);
      releasedBefore = true;
      await inline.session.release();
    }
    return measured(model, () => loadInWorker(model, threads, signal));
  };

  return {
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      const { session, peakMemoryBytes } = await turns(() => loadAnywhere(model, signal), signal);
      if (closed) {
        await session.release();
        throw engineClosed(model.modelId);
      }
      open.set(session, peakMemoryBytes);
      const release = async (): Promise<void> => {
        open.delete(session);
        releasedBefore = true;
        await session.release();
      };
      return {
        report: { ...session.report, peakMemoryBytes },
        get alive() {
          return session.alive;
        },
        attach: (delta) => session.attach(delta),
        detach: (deltaId) => session.detach(deltaId),
        run: (input, options) => session.run(input, options),
        runBatch: (inputs) => session.runBatch(inputs),
        features: (texts, deltaId) => session.features(texts, deltaId),
        release,
      } satisfies EngineSession;
    },
    heldBytes: () => [...open].reduce((sum, [{ alive }, bytes]) => sum + (alive ? bytes : 0), 0),
    residentBytes: () => process.memoryUsage.rss(),
    callerLoad: watchCallerLoad(),
    async close() {
      closed = true;
      await Promise.allSettled([...open.keys()].map((session) => session.release()));
      open.clear();
      await threads.close();
    },
  };
}
