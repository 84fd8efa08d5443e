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
    expect(predictLoadMs(heavier)).toBeGreaterThan(predictLoadMs(base));
  });
});
