import { callGraph, EngineError } from '@terrace/core/engine';
import type * as onnxruntime from 'onnxruntime-web';
import type { EngineSettings } from './protocol.js';

/** ONNX Runtime Web, loaded and started. */
export type OrtRuntime = Pick<typeof onnxruntime, 'env' | 'InferenceSession' | 'Tensor'> & {
  /** What deltas take of its memory; theirs keeps none there. */
  readonly keptBytes?: () => number;
};

/** What every session is created with; more threads than one are the matter of the environment. */
export const SESSION_OPTIONS = {
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const satisfies onnxruntime.InferenceSession.SessionOptions;

/**
 * Loads ONNX Runtime from the files it was given and from nowhere else. A session of an empty graph makes it start its
 * WebAssembly and ask for its device, before there is a model.
 * @throws EngineError when it cannot be loaded or started
 */
export async function startOrt({ ort: files, wasm, provider, threads }: EngineSettings): Promise<OrtRuntime> {
  const graph = Uint8Array.from(atob(callGraph), (char) => char.charCodeAt(0));
  try {
    const runtime = (await import(/* @vite-ignore */ /* webpackIgnore: true */ files.module)) as OrtRuntime;
    const { env, InferenceSession } = runtime;
    env.logLevel = 'error';
    env.wasm.wasmPaths = { mjs: files.glue };
    env.wasm.wasmBinary = instantiateAs(wasm);
    env.wasm.numThreads = threads;
    // It stays: with the last session of a GPU device the runtime destroys the device.
    await InferenceSession.create(graph, { ...SESSION_OPTIONS, executionProviders: [provider] });
    return runtime;
  } catch (cause) {
    throw unstartable(provider, files, cause);
  }
}

/**
 * ONNX Runtime takes WebAssembly as bytes only, which each worker would have to hold and to look up among the compiled.
 * @returns bytes that stand for the module from now on
 */
function instantiateAs(wasm: WebAssembly.Module): ArrayBuffer {
  const { instantiate } = WebAssembly;
  const fromModule = async (_: unknown, imports?: WebAssembly.Imports) => ({
    module: wasm,
    instance: await instantiate(wasm, imports),
  });
  WebAssembly.instantiate = fromModule as typeof instantiate;
  return new ArrayBuffer(8);
}

const unstartable = (provider: string, { module: url }: EngineSettings['ort'], cause: unknown): EngineError =>
  new EngineError({
    message: `ONNX Runtime cannot be started with ${provider} from ${url}.`,
    hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is.",
    facts: { provider, url },
    cause,
  });
