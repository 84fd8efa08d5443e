import {
  cannotRun,
  engineClosed,
  EngineError,
  waitFor,
  workerSession,
  type EngineDelta,
  type EngineInput,
  type EngineModel,
  type EngineSession,
  type ModelEngine,
  type ProbeTimings,
} from '@terrace/core/engine';
import type { AssetFiles } from '../assets/asset-files.js';
import { NOT_ISOLATED } from '../probe/warnings.js';
import { createCompiledWasm } from './compiled-wasm.js';
import { startThread, type EngineThread, type ThreadKind } from './engine-thread.js';
import { isOtherGraph, mayBeStatic } from './open-static.js';
import type { BrowserProvider, EngineSettings } from './protocol.js';
import { requireGpu } from './require-gpu.js';

export interface BrowserEngineOptions {
  readonly files: Pick<AssetFiles, 'engineWorker' | 'tokenizers' | 'acquire' | BrowserProvider>;
  /** WebAssembly threads of a session; more than one where the page is cross-origin isolated only. */
  readonly threads?: number;
  /** Whether a WebGPU adapter that computes on the processor will do. */
  readonly allowSoftwareGpu?: boolean;
  /** Told of what works less well than it was asked to. */
  readonly onWarning?: (message: string) => void;
}

/** onnxruntime-web behind the engine port: a worker a loaded variant, ended when that is let go. */
export interface BrowserEngine extends ModelEngine {
  /** Starts the worker of the next load ahead: its script, ONNX Runtime and the compiled WebAssembly. It never fails. */
  warm(kind: ThreadKind): void;
  /**
   * How fast the provider runs the probe's graphs.
   * @throws EngineError when it does not start here
   */
  measure(provider: BrowserProvider, signal?: AbortSignal): Promise<ProbeTimings>;
}

export function createBrowserEngine({
  files,
  threads = 1,
  allowSoftwareGpu = false,
  onWarning,
}: BrowserEngineOptions): BrowserEngine {
  const living = new Set<EngineThread>();
  const ahead = new Map<ThreadKind, EngineThread>();
  let closed = false;

  if (threads > 1 && !globalThis.crossOriginIsolated) onWarning?.(NOT_ISOLATED);
  const usableThreads = globalThis.crossOriginIsolated ? threads : 1;

  const compiled = createCompiledWasm();
  const settingsOf = async (provider: BrowserProvider): Promise<EngineSettings> => {
    if (provider === 'webgpu') await requireGpu(globalThis, { allowSoftware: allowSoftwareGpu });
    const ort = files[provider];
    return { provider, ort, wasm: await compiled(ort.binary), threads: provider === 'wasm' ? usableThreads : 1 };
  };

  const start = (kind: ThreadKind, modelId: string): EngineThread => {
    if (closed) throw engineClosed(modelId);
    const onEnd = (thread: EngineThread): void => {
      living.delete(thread);
      if (ahead.get(kind) === thread) ahead.delete(kind);
    };
    const thread = startThread({
      scriptUrl: files.engineWorker,
      kind,
      ...(kind !== 'static' && { settings: () => settingsOf(kind) }),
      modelId,
      onEnd,
    });
    living.add(thread);
    return thread;
  };

  const take = (kind: ThreadKind, modelId: string): EngineThread => {
    const thread = ahead.get(kind) ?? start(kind, modelId);
    ahead.delete(kind);
    thread.modelId = modelId;
    return thread;
  };

  /** Work in a worker of its own, which ends with it when it fails or nobody waits for it any more. */
  const inThread = async <T>(
    thread: EngineThread,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      const call = async (): Promise<T> => {
        await thread.started;
        return thread.life.guard(work);
      };
      return await waitFor(call(), signal);
    } catch (error) {
      thread.end(cannotRun(thread.modelId, 'its load was given up'));
      throw error;
    }
  };

  const sessionOf = async (thread: EngineThread, model: EngineModel, signal?: AbortSignal): Promise<EngineSession> => {
    const { life, call } = thread;
    const { modelId } = model;
    const report = await inThread(thread, signal, () => call('load', [model, files.tokenizers]));
    const worker = {
      attach: (delta: EngineDelta) => call('attach', [delta]),
      detach: (deltaId: string) => call('detach', [deltaId]),
      run: (input: EngineInput) => call('run', [input]),
      runBatch: (inputs: readonly EngineInput[]) => call('runBatch', [inputs]),
      features: (texts: readonly string[], deltaId?: string) => call('features', [texts, deltaId]),
    };
    const letGo = async (): Promise<void> => thread.end(cannotRun(modelId, 'it was released'));
    const session = workerSession({ modelId, worker, life, heldBytes: thread.heapBytes, letGo });
    // The file's own buffer and the runtime's copy of it are there at once.
    const peakMemoryBytes = thread.heapBytes() + model.weights.bytes;
    return Object.assign(session, { report: { ...report, peakMemoryBytes } });
  };

  return {
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      const { modelId } = model;
      const provider = providerOf(model);
      const load = (kind: ThreadKind): Promise<EngineSession> => sessionOf(take(kind, modelId), model, signal);
      if (provider !== 'wasm' || !mayBeStatic(model)) return load(provider);
      return load('static').catch((error: unknown) => {
        if (isOtherGraph(error)) return load(provider);
        throw error;
      });
    },
    warm(kind) {
      if (closed || ahead.has(kind)) return;
      try {
        ahead.set(kind, start(kind, 'a model'));
      } catch {
        // Whoever loads a model is told.
      }
    },
    async measure(provider, signal) {
      signal?.throwIfAborted();
      const thread = start(provider, 'the probe');
      const timings = await inThread(thread, signal, () => thread.call('measure', [files.acquire]));
      thread.end(cannotRun('the probe', 'it is over'));
      return timings;
    },
    residentBytes: () => [...living].reduce((sum, thread) => sum + thread.heapBytes(), 0),
    // Browsers do not tell how busy a thread is.
    callerLoad: () => 0,
    async close() {
      closed = true;
      for (const thread of living) thread.end(engineClosed(thread.modelId));
    },
  };
}

function providerOf({ modelId, provider }: EngineModel): BrowserProvider {
  if (provider === 'wasm' || provider === 'webgpu') return provider;
  throw new EngineError({
    message: `${modelId} cannot be loaded with ${provider}: a browser has wasm and webgpu.`,
    hint: 'Add a variant of the model for one of them to the catalog.',
    facts: { model: modelId, provider },
  });
}
