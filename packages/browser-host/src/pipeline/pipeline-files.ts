import type { OrtFiles } from '../assets/asset-files.js';

/** What pipelines load beside transformers.js and their models. */
export interface PipelineFiles {
  readonly worker: string;
  readonly wasm: OrtFiles;
  readonly webgpu: OrtFiles;
}

/** Each URL is written out, because that is what bundlers look for. */
export const ownPipelineFiles = (): PipelineFiles => ({
  worker: new URL('./pipeline-worker.js', import.meta.url).href,
  wasm: {
    module: new URL('./ort-wasm.mjs', import.meta.url).href,
    glue: new URL('./ort-wasm-simd-threaded.mjs', import.meta.url).href,
    binary: new URL('./ort-wasm-simd-threaded.wasm', import.meta.url).href,
  },
  webgpu: {
    module: new URL('./ort-webgpu.mjs', import.meta.url).href,
    glue: new URL('./ort-wasm-simd-threaded.asyncify.mjs', import.meta.url).href,
    binary: new URL('./ort-wasm-simd-threaded.asyncify.wasm', import.meta.url).href,
  },
});

/** The same files under their own names in another folder. */
export function pipelineFilesIn(folder: URL): PipelineFiles {
  const url = (name: string): string => new URL(name, folder).href;
  return {
    worker: url('pipeline-worker.js'),
    wasm: {
      module: url('ort-wasm.mjs'),
      glue: url('ort-wasm-simd-threaded.mjs'),
      binary: url('ort-wasm-simd-threaded.wasm'),
    },
    webgpu: {
      module: url('ort-webgpu.mjs'),
      glue: url('ort-wasm-simd-threaded.asyncify.mjs'),
      binary: url('ort-wasm-simd-threaded.asyncify.wasm'),
    },
  };
}
