import { EngineError } from '@terrace/core/engine';
import type { TransformersLibrary } from '@terrace/core/pipeline';
import type { OrtRuntime } from '../engine/ort-runtime.js';

/** Where the library looks for a runtime that is there already, in place of its own. */
const RUNTIME = Symbol.for('onnxruntime');

/** The library with decoding of images, which core knows nothing of. */
export interface LoadedLibrary extends TransformersLibrary {
  readonly RawImage: TransformersLibrary['RawImage'] & { fromBlob(blob: Blob): Promise<unknown> };
}

/**
 * Loads transformers.js from where the page has it, over the one ONNX Runtime of this package.
 * @throws EngineError when it is not there
 */
export async function importTransformers(url: string, runtime: OrtRuntime): Promise<LoadedLibrary> {
  Object.assign(globalThis, { [RUNTIME]: runtime });
  try {
    const library = (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as Partial<LoadedLibrary>;
    if (library.pipeline && library.env && library.RawImage) return library as LoadedLibrary;
    throw new Error('it has no pipelines');
  } catch (cause) {
    throw new EngineError({
      message: `transformers.js cannot be loaded from ${url}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'Serve dist/transformers.min.js of @huggingface/transformers from the page’s own origin, and name it as `transformersUrl`.',
      facts: { url },
      cause,
    });
  }
}
