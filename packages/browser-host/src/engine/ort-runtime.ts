import { EngineError, probeGraphs } from '@terrace/core/engine';
import type * as onnxruntime from 'onnxruntime-web';
import type { EngineSettings } from './protocol.js';

/** ONNX Runtime Web, loaded and started. */
export type OrtRuntime = Pick<typeof onnxruntime, 'env' | 'InferenceSession' | 'Tensor'>;

/** What every session is created with; more threads than one are the matter of the environment. */
export const SESSION_OPTIONS = {
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  logSeverityLevel: 3,
} as const satisfies onnxruntime.InferenceSession.SessionOptions;

/**
 * Loads ONNX Runtime from the files it was given and from nowhere else. A session of an empty graph makes it compile
 * its WebAssembly and ask for its device, before there is a model.
 * @throws EngineError when it cannot be loaded or started
 */
export async function startOrt({ ort: files, provider, threads }: EngineSettings): Promise<OrtRuntime> {
  const runtime = await loadScript(files.module);
  const { env, InferenceSession } = runtime;
  env.logLevel = 'error';
  env.wasm.wasmPaths = { mjs: files.glue, wasm: files.binary };
  env.wasm.numThreads = threads;
  env.wasm.proxy = false;
  const graph = Uint8Array.from(atob(probeGraphs.call), (char) => char.charCodeAt(0));
  try {
    const session = await InferenceSession.create(graph, { ...SESSION_OPTIONS, executionProviders: [provider] });
    await session.release();
  } catch (cause) {
    throw unstartable(provider, files.binary, cause);
  }
  return runtime;
}

async function loadScript(url: string): Promise<OrtRuntime> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as OrtRuntime;
  } catch (cause) {
    throw unstartable('wasm', url, cause);
  }
}

const unstartable = (provider: string, url: string, cause: unknown): EngineError =>
  new EngineError({
    message: `ONNX Runtime cannot be started from ${url}.`,
    hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is, WebAssembly as application/wasm.",
    facts: { provider, url },
    cause,
  });
