import { describe, expect, it } from 'vitest';
import { exampleTier } from '../testing/example-rungs.js';
import { exampleProfile } from '../testing/index.js';
import { predictLatencyMs, predictLoadMs, predictMemoryBytes } from './predict.js';

const cpu = exampleProfile().providers[0]!;
const base = exampleTier('base');

describe('predictLatencyMs', () => {
  /** A device whose calls cost nothing: what is left has a closed form. */
  const free = { ...cpu, overheadMs: 0 };

  it('is arithmetic and activations, when calls are free', () => {
    const arithmeticMs = (20_000_000 * 12) / 40e6;
    const activationsMs = (7 * 12 * 384 * 400) / 10e6;
    expect(predictLatencyMs(base, free)).toBeCloseTo(arithmeticMs + activationsMs, 9);
  });

  it('is the weights where memory is slower than arithmetic', () => {
    const weightsMs = 10_000_000 / 0.1e6;
    const activationsMs = (7 * 12 * 384 * 400) / 0.1e6;
    expect(predictLatencyMs(base, { ...free, gigabytesPerSecond: 0.1 })).toBeCloseTo(weightsMs + activationsMs, 6);
  });

  it('grows with the cost of a call, by every layer', () => {
    const callsOf = (id: string) => predictLatencyMs(exampleTier(id), cpu) - predictLatencyMs(exampleTier(id), free);
    expect(callsOf('nano')).toBeGreaterThan(0);
    expect(callsOf('small')).toBeGreaterThan(callsOf('nano'));
    expect(callsOf('base')).toBeGreaterThan(callsOf('small'));
  });

  it('counts the wait for a result once on a GPU, however many layers there are', () => {
    const gpu = { ...cpu, id: 'webgpu', overheadMs: 1.5 };
    const callsMs = predictLatencyMs(base, gpu) - predictLatencyMs(base, { ...gpu, overheadMs: 0 });
    expect(callsMs).toBeGreaterThan(1.5);
    expect(callsMs).toBeLessThan(10);
  });

  it('is that of the shipped models in WebAssembly, as measured in Chromium with one thread', () => {
    const wasm = {
      id: 'wasm',
      gflops: { fp32: 28.3, int8: 53, q4: 6.55 },
      gigabytesPerSecond: 10.6,
      overheadMs: 0.012,
    };
    const ratioTo = (
      measuredMs: number,
      layers: number,
      hidden: number,
      flopsPerToken: number,
      dtype: 'int8' | 'q4',
    ) => {
      const shipped = { ...base, model: { ...base.model, layers, hidden, flopsPerToken } };
      return predictLatencyMs({ ...shipped, variant: { ...base.variant, dtype } }, wasm) / measuredMs;
    };
    for (const ratio of [
      ratioTo(3.6, 3, 384, 10_616_832, 'int8'),
      ratioTo(7.1, 6, 384, 21_233_664, 'int8'),
      ratioTo(46, 6, 384, 21_233_664, 'q4'),
    ]) {
      expect(ratio).toBeGreaterThan(0.85);
      expect(ratio).toBeLessThan(1.15);
    }
  });

  it('falls with faster devices and rises with size, layers and tokens', () => {
    const faster = { ...cpu, gflops: { fp32: 200, int8: 400, q4: 150 }, gigabytesPerSecond: 100 };
    expect(predictLatencyMs(base, faster)).toBeLessThan(predictLatencyMs(base, cpu));
    expect(predictLatencyMs(exampleTier('nano'), cpu)).toBeLessThan(predictLatencyMs(exampleTier('small'), cpu));
    expect(predictLatencyMs(exampleTier('small'), cpu)).toBeLessThan(predictLatencyMs(base, cpu));
    expect(predictLatencyMs(base, cpu, 100)).toBeGreaterThan(predictLatencyMs(base, cpu, 12));
  });

  it('uses the rate of the kernels of each dtype', () => {
    const timeOf = (dtype: 'fp32' | 'fp16' | 'int8' | 'q4' | 'q4f16') =>
      predictLatencyMs({ ...base, variant: { ...base.variant, dtype } }, cpu);
    expect(timeOf('int8')).toBeLessThan(timeOf('fp32'));
    expect(timeOf('fp32')).toBeLessThan(timeOf('q4'));
    expect(timeOf('q4f16')).toBe(timeOf('q4'));
    expect(timeOf('fp16')).toBe(timeOf('fp32'));
  });
});

describe('predictMemoryBytes and predictLoadMs', () => {
  const heavier = { ...base, variant: { ...base.variant, weights: { ...base.variant.weights, bytes: 100 * 2 ** 20 } } };

  it('rise with the weights, and with a worker for runs that need one', () => {
    expect(predictMemoryBytes(heavier.variant.weights, 'node', 5)).toBeGreaterThan(
      predictMemoryBytes(base.variant.weights, 'node', 5),
    );
    expect(predictMemoryBytes(base.variant.weights, 'node', 5)).toBeGreaterThan(
      predictMemoryBytes(base.variant.weights, 'node', 0.1),
    );
    expect(predictMemoryBytes(base.variant.weights, 'browser', 5)).toBeGreaterThan(
      predictMemoryBytes(base.variant.weights, 'node', 5),
    );
    expect(predictMemoryBytes(base.variant.weights, 'node', 0.1)).toBeGreaterThan(base.variant.weights.bytes);
    expect(predictMemoryBytes(base.variant.weights, 'browser', 0.1)).toBe(
      predictMemoryBytes(base.variant.weights, 'browser', 5),
    );
    expect(predictLoadMs(heavier)).toBeGreaterThan(predictLoadMs(base));
  });
});
