import { tinyTextModel } from '@terrace/core/testing';
import type { TextGraph, TextModel } from '@terrace/core/generate';
import type { LocatedFile } from '@terrace/core/engine';
import { createCompiledWasm } from '../../compiled-wasm.js';
import { startOrt, type OrtRuntime } from '../../ort-runtime.js';
import type { BrowserProvider } from '../../protocol.js';
import { BUILT_FILES } from '../../testing/shipped-model.js';
import { openOrtTextGraph } from '../ort-text-graph.js';
import type { TensorCaches } from '../tensor-caches.js';

const tiny = tinyTextModel();

/** Bytes that any worker of the origin can read. */
export async function located(content: Uint8Array<ArrayBuffer>): Promise<LocatedFile> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return {
    location: URL.createObjectURL(new Blob([content])),
    bytes: content.length,
    sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

const json = (value: object): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));

/** The tiny model, as an engine is given it. */
export async function tinyModel(provider: BrowserProvider, change: Partial<TextModel> = {}): Promise<TextModel> {
  const weights = await located(tiny.model);
  return {
    variantId: weights.sha256,
    modelId: 'tiny',
    provider,
    weights,
    tokenizer: await located(json(tiny.tokenizer)),
    tokenizerConfig: await located(json(tiny.tokenizerConfig)),
    shape: tiny.shape,
    layers: tiny.layers,
    vocabulary: tiny.vocabulary,
    contextTokens: tiny.contextTokens,
    kvBytes: 4 * 1024 * 1024,
    delta: undefined,
    ...change,
  };
}

export async function startRuntime(provider: BrowserProvider): Promise<OrtRuntime> {
  const ort = BUILT_FILES[provider];
  const { instantiate } = WebAssembly;
  try {
    return await startOrt({ provider, ort, wasm: await createCompiledWasm()(ort.binary), threads: 1 });
  } finally {
    // A worker starts one; a page of a test both.
    WebAssembly.instantiate = instantiate;
  }
}

export const openTinyGraph = async (runtime: OrtRuntime, provider: BrowserProvider): Promise<TextGraph<TensorCaches>> =>
  openOrtTextGraph(await tinyModel(provider), { runtime, provider });

/** Logits behind each token that follows a prompt, which is read in chunks of so many. */
export async function walk(
  graph: TextGraph<TensorCaches>,
  { prompt, after, chunk = prompt.length }: { prompt: readonly number[]; after: readonly number[]; chunk?: number },
): Promise<Float32Array[]> {
  let caches = graph.empty();
  const found: Float32Array[] = [];
  const step = async (ids: readonly number[], logits: 'last' | 'none'): Promise<void> => {
    const made = await graph.run({ ids: Int32Array.from(ids), columns: ids.length, caches, keep: false, logits });
    caches = made.caches;
    if (logits === 'last') found.push(made.logits.slice());
  };
  for (let at = 0; at < prompt.length; at += chunk) {
    await step(prompt.slice(at, at + chunk), at + chunk < prompt.length ? 'none' : 'last');
  }
  for (const id of after) await step([id], 'last');
  caches.release();
  return found;
}

/** The largest difference of any logit. */
export const apart = (a: readonly Float32Array[], b: readonly Float32Array[]): number =>
  Math.max(...a.flatMap((logits, at) => Array.from(logits, (logit, id) => Math.abs(logit - b[at]![id]!))));
