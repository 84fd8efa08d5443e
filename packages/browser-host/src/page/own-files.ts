import type { AssetFiles } from '../assets/asset-files.js';

/**
 * Where everything is that is loaded later. Each URL is written out, because that is what bundlers look for: Vite and
 * webpack copy the file and put its new name here. Others leave it, and then the files stand beside the script.
 */
export function ownFiles(): AssetFiles {
  return {
    runtimeWorker: new URL('./runtime-worker.js', import.meta.url).href,
    engineWorker: new URL('./engine-worker.js', import.meta.url).href,
    acquire: new URL('./acquire.js', import.meta.url).href,
    remote: new URL('./remote.js', import.meta.url).href,
    budget: new URL('./budget.js', import.meta.url).href,
    deltas: new URL('./deltas.js', import.meta.url).href,
    fitWorker: new URL('./fit-worker.js', import.meta.url).href,
    tokenizers: new URL('./tokenizers.js', import.meta.url).href,
    wasm: {
      module: new URL('./wasm-runtime.js', import.meta.url).href,
      glue: new URL('./ort-wasm-simd-threaded.mjs', import.meta.url).href,
      binary: new URL('./ort-wasm-simd-threaded.wasm', import.meta.url).href,
    },
    webgpu: {
      module: new URL('./ort-webgpu.mjs', import.meta.url).href,
      glue: new URL('./ort-wasm-simd-threaded.asyncify.mjs', import.meta.url).href,
      binary: new URL('./ort-wasm-simd-threaded.asyncify.wasm', import.meta.url).href,
    },
  };
}

/** The same files under their own names in another folder. */
export function filesIn(folder: URL): AssetFiles {
  const url = (name: string): string => new URL(name, folder).href;
  return {
    runtimeWorker: url('runtime-worker.js'),
    engineWorker: url('engine-worker.js'),
    acquire: url('acquire.js'),
    remote: url('remote.js'),
    budget: url('budget.js'),
    deltas: url('deltas.js'),
    fitWorker: url('fit-worker.js'),
    tokenizers: url('tokenizers.js'),
    wasm: {
      module: url('wasm-runtime.js'),
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
