import type { WorkerScope } from './worker-scope.js';

/**
 * The module behind `createSpin`, of 219 bytes: f(n) makes n rounds of eight independent multiplications and eight
 * additions of four floats, and returns a sum of them. The values settle at 2.
 *
 *     (func (export "f") (param i32) (result f32) (local v128 x 10)
 *       (loop  acc[i] = f32x4.add (f32x4.mul (acc[i], 0.5), 1)  for i in 1..8;  br_if 0 (n = n - 1)) ...)
 */
const SPIN =
  'AGFzbQEAAAABBgFgAX8BfQMCAQAHBQEBZgAACr0BAboBAQp7QwAAAD/9EyEJQwAAgD/9EyEKA0AgASAJ/eYBIAr95AEhASACIAn95gEgCv3k' +
  'ASECIAMgCf3mASAK/eQBIQMgBCAJ/eYBIAr95AEhBCAFIAn95gEgCv3kASEFIAYgCf3mASAK/eQBIQYgByAJ/eYBIAr95AEhByAIIAn95gEg' +
  'Cv3kASEIIABBAWsiAA0ACyABIAL95AEgA/3kASAE/eQBIAX95AEgBv3kASAH/eQBIAj95AH9HwAL';
/** Floating point operations of a round. */
export const SPIN_FLOPS = 64;

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
    simd: accepts(scope, SPIN),
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

/** A short computation, to see how fast a core is. @throws where WebAssembly may not be compiled */
export function createSpin({ WebAssembly: wasm }: WorkerScope): (rounds: number) => number {
  const { f } = new wasm!.Instance(new wasm!.Module(bytesOf(SPIN))).exports;
  return f as (rounds: number) => number;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
