import type { MeasuredRates } from '@terrace/core';
import type { BrowserProvider } from '../engine/protocol.js';
import { bytesOf } from './wasm-features.js';
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

/** Long enough for the browser to have optimised the loop for half of it, and nobody waits longer for an answer. */
const SPIN_MS = 5;
/** Ten times the tick of a coarse clock is enough, as the best look counts and a look cut short is only a slower one. */
const LOOK_MS = 0.5;
const ROUNDS = 2000;

/**
 * What ONNX Runtime's kernels reach in WebAssembly for each GFLOP/s of the loop: medians of 12 pairs of `timeGraphs`
 * and the loop in Chromium 156 on an AVX-512 machine (28.3, 53, 6.5 GFLOP/s, 10.6 GB/s and 0.012 ms at 34 GFLOP/s).
 */
const PER_SPIN = { fp32: 0.83, int8: 1.56, q4: 0.19, gigabytesPerSecond: 0.31, overheadMs: 0.41 } as const;

/** A small core of a cheap phone reaches it: a loop that seems slower was not given the core, or not optimised yet. */
const SLOWEST_GFLOPS = 3;

/**
 * The rates of WebAssembly, from how fast a core runs a loop, in 5 ms: within a factor of two of what a measurement
 * finds, which takes a worker, ONNX Runtime and half a second.
 * @param spin makes so many rounds of `SPIN_FLOPS` each
 */
export function estimateWasmRates(spin: (rounds: number) => number, nowMs: () => number): MeasuredRates {
  let best = SLOWEST_GFLOPS;
  const endMs = nowMs() + SPIN_MS;
  for (let startMs = nowMs(); startMs < endMs; startMs = nowMs()) {
    let rounds = 0;
    let tookMs = 0;
    while (tookMs < LOOK_MS) {
      spin(ROUNDS);
      rounds += ROUNDS;
      tookMs = nowMs() - startMs;
    }
    best = Math.max(best, (rounds * SPIN_FLOPS) / tookMs / 1e6);
  }
  return {
    gflops: { fp32: PER_SPIN.fp32 * best, int8: PER_SPIN.int8 * best, q4: PER_SPIN.q4 * best },
    gigabytesPerSecond: PER_SPIN.gigabytesPerSecond * best,
    overheadMs: PER_SPIN.overheadMs / best,
  };
}

/**
 * A small GPU that shares the processor's memory. Nothing short tells more of one: its first shader takes longer than
 * the answer that would wait for it.
 */
export const estimatedGpuRates: MeasuredRates = {
  gflops: { fp32: 100, int8: 20, q4: 100 },
  gigabytesPerSecond: 20,
  overheadMs: 2,
};

/** A short computation, to see how fast a core is. @throws where WebAssembly may not be compiled */
export function createSpin({ WebAssembly: wasm }: WorkerScope): (rounds: number) => number {
  const { f } = new wasm!.Instance(new wasm!.Module(bytesOf(SPIN))).exports;
  return f as (rounds: number) => number;
}

/** What a provider reaches as long as nobody has measured it here. */
export const estimateRates = (provider: BrowserProvider, scope: WorkerScope, nowMs: () => number): MeasuredRates =>
  provider === 'wasm' ? estimateWasmRates(createSpin(scope), nowMs) : estimatedGpuRates;
