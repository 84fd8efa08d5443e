import type { WorkerScope } from './worker-scope.js';

/** A function whose only instructions of interest are `i8x16.splat` and `i8x16.popcnt`. */
const SIMD = 'AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==';

/** A function whose only instruction of interest is `i8x16.relaxed_swizzle`. */
const RELAXED = 'AGFzbQEAAAABBQFgAAF7AwIBAAoPAQ0AQQH9D0EC/Q/9gAIL';

export interface WasmFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Whether a module may run on several threads; that needs a page that is cross-origin isolated. */
  readonly threads: boolean;
}

/** What WebAssembly offers here. Nothing is loaded for it. */
export function readWasmFeatures(scope: WorkerScope): WasmFeatures {
  return {
    simd: accepts(scope, SIMD),
    relaxedSimd: accepts(scope, RELAXED),
    threads: scope.crossOriginIsolated === true && scope.SharedArrayBuffer !== undefined && scope.Atomics !== undefined,
  };
}

function accepts({ WebAssembly: wasm }: WorkerScope, module: string): boolean {
  try {
    return wasm?.validate(bytesOf(module)) === true;
  } catch {
    return false;
  }
}

/** Compiles a module. @throws where WebAssembly may not be compiled */
export const compileSimd = ({ WebAssembly: wasm }: WorkerScope): WebAssembly.Module => new wasm!.Module(bytesOf(SIMD));

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
