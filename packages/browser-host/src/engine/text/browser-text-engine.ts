import { cannotRun, engineClosed, EngineError, waitFor } from '@terrace/core/engine';
import { textSession, type TextEngine, type TextModel, type TextSession } from '@terrace/core/generate';
import type { AssetFiles } from '../../assets/asset-files.js';
import { createCompiledWasm } from '../compiled-wasm.js';
import type { BrowserProvider, EngineSettings } from '../protocol.js';
import { requireGpu } from '../require-gpu.js';
import { startTextThread, type TextThread } from './text-thread.js';

export interface BrowserTextEngineOptions {
  readonly files: Pick<AssetFiles, BrowserProvider>;
  /** Of the script of text workers. */
  readonly workerUrl: string;
  /** WebAssembly threads of a session; more than one where the page is cross-origin isolated only. */
  readonly threads: number | undefined;
  /** Whether a WebGPU adapter that computes on the processor will do. */
  readonly allowSoftwareGpu: boolean | undefined;
}

/** onnxruntime-web behind the port of text engines: a worker a loaded model, ended when that is let go. */
export interface BrowserTextEngine extends TextEngine {
  /** WebAssembly memory of all workers. */
  residentBytes(): number;
}

export function createBrowserTextEngine({
  files,
  workerUrl,
  threads = 1,
  allowSoftwareGpu = false,
}: BrowserTextEngineOptions): BrowserTextEngine {
  const living = new Map<TextThread, string>();
  const compiled = createCompiledWasm();
  let closed = false;

  const settingsOf = async (provider: BrowserProvider): Promise<EngineSettings> => {
    if (provider === 'webgpu') await requireGpu(globalThis, { allowSoftware: allowSoftwareGpu });
    const ort = files[provider];
    const usable = provider === 'wasm' && globalThis.crossOriginIsolated ? threads : 1;
    return { provider, ort, wasm: await compiled(ort.binary), threads: usable };
  };

  const sessionOf = async (thread: TextThread, model: TextModel): Promise<TextSession> => {
    const { modelId } = model;
    const { call, tell, events, life } = thread;
    await thread.started;
    const report = await life.guard(() => call('load', [model]));
    return textSession({
      modelId,
      worker: {
        begin: (jobId, job, creditTokens) => tell({ kind: 'begin', jobId, job, creditTokens }),
        more: (jobId, tokens) => tell({ kind: 'more', jobId, tokens }),
        cancel: (jobId) => tell({ kind: 'cancel', jobId }),
        countTokens: (chat) => call('countTokens', [chat]),
        logits: (text) => call('logits', [text]),
      },
      events,
      life,
      // The file's own buffer and the runtime's copy of it are there at once.
      report: { ...report, peakMemoryBytes: thread.heapBytes() + model.weights.bytes },
      heldBytes: () => thread.heapBytes(),
      letGo: async () => thread.end(cannotRun(modelId, 'it was released')),
    });
  };

  return {
    async load(model, { signal } = {}) {
      signal?.throwIfAborted();
      const { modelId } = model;
      if (closed) throw engineClosed(modelId);
      const provider = providerOf(model);
      const thread = startTextThread({
        scriptUrl: workerUrl,
        settings: () => settingsOf(provider),
        modelId,
        onEnd: (ended) => living.delete(ended),
      });
      living.set(thread, modelId);
      try {
        return await waitFor(sessionOf(thread, model), signal);
      } catch (error) {
        thread.end(cannotRun(modelId, 'its load was given up'));
        throw error;
      }
    },
    residentBytes: () => [...living.keys()].reduce((sum, thread) => sum + thread.heapBytes(), 0),
    async close() {
      closed = true;
      for (const [thread, modelId] of living) thread.end(engineClosed(modelId));
    },
  };
}

function providerOf({ modelId, provider }: TextModel): BrowserProvider {
  if (provider === 'wasm' || provider === 'webgpu') return provider;
  throw new EngineError({
    message: `${modelId} cannot be loaded with ${provider}: a browser has wasm and webgpu.`,
    hint: 'Add a variant of the model for one of them to the catalog.',
    facts: { model: modelId, provider },
  });
}
