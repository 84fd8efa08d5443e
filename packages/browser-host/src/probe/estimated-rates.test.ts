import { describe, expect, it } from 'vitest';
import { createSpin, estimatedGpuRates, estimateWasmRates, SPIN_FLOPS } from './estimated-rates.js';
import { readWasmFeatures } from './wasm-features.js';

/** A core of so many GFLOP/s under a clock that ticks so often; the loop is not optimised at first. */
function estimateAt(gflops: number, tickMs = 0.1) {
  let now = 0;
  let calls = 0;
  const spin = (rounds: number): number => {
    calls++;
    now += (rounds * SPIN_FLOPS) / gflops / 1e6 / (calls < 4 ? 0.1 : 1);
    return 2;
  };
  const rates = estimateWasmRates(spin, () => Math.floor(now / tickMs) * tickMs);
  return { rates, spentMs: now };
}

describe('estimateWasmRates', () => {
  it.each([3, 34, 70])('follows the speed of a core of %i GFLOP/s', (gflops) => {
    const { rates, spentMs } = estimateAt(gflops);
    expect(rates.gflops.fp32 / (0.83 * gflops)).toBeGreaterThan(0.7);
    expect(rates.gflops.fp32 / (0.83 * gflops)).toBeLessThan(1.3);
    expect(rates.overheadMs / (0.41 / gflops)).toBeCloseTo(1, 0);
    expect(spentMs).toBeLessThan(10);
  });

  it.each([1, 16.7, 100])('stays finite under a clock that ticks every %d ms', (tickMs) => {
    const { rates, spentMs } = estimateAt(34, tickMs);
    for (const rate of [...Object.values(rates.gflops), rates.gigabytesPerSecond, rates.overheadMs]) {
      expect(rate).toBeGreaterThan(0);
      expect(Number.isFinite(rate)).toBe(true);
    }
    expect(spentMs).toBeLessThan(3 * tickMs + 10);
  });

  it('runs the real loop, which settles at the value it should', () => {
    const spin = createSpin(globalThis);
    expect(spin(1000)).toBe(16);
    expect(estimateWasmRates(spin, () => performance.now()).gflops.fp32).toBeGreaterThan(0.1);
  });

  it('takes a GPU for one on which a call costs more than a small model', () => {
    expect(estimatedGpuRates.overheadMs).toBeGreaterThan(1);
  });
});

describe('readWasmFeatures', () => {
  it('tells what the engine accepts', () => {
    expect(readWasmFeatures(globalThis)).toMatchObject({ simd: true, threads: false });
  });

  it('counts threads only where the page is isolated and memory can be shared', () => {
    const shared = { SharedArrayBuffer, Atomics };
    expect(readWasmFeatures({ ...shared, crossOriginIsolated: true }).threads).toBe(true);
    expect(readWasmFeatures({ ...shared, crossOriginIsolated: false }).threads).toBe(false);
    expect(readWasmFeatures({ Atomics, crossOriginIsolated: true }).threads).toBe(false);
  });

  it('finds nothing where there is no WebAssembly, or it is blocked', () => {
    expect(readWasmFeatures({})).toEqual({ simd: false, relaxedSimd: false, threads: false });
    const validate = (): boolean => {
      throw new Error('blocked');
    };
    expect(readWasmFeatures({ WebAssembly: { ...WebAssembly, validate } })).toMatchObject({ simd: false });
  });
});
