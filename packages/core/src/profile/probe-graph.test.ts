import { describe, expect, it } from 'vitest';
import { probeGraphs, probeShape, ratesFromTimings } from './probe-graph.js';

const flops = 2 * probeShape.tokens * probeShape.inner * probeShape.outer;

describe('probeGraphs', () => {
  it('are tiny ONNX files without weights', () => {
    for (const base64 of Object.values(probeGraphs)) {
      const bytes = Buffer.from(base64, 'base64');
      expect(bytes.length).toBeLessThan(512);
      // Field 1 of ModelProto: IR version 9.
      expect([...bytes.subarray(0, 2)]).toEqual([0x08, 0x09]);
      expect(bytes.toString('base64')).toBe(base64);
    }
  });
});

describe('ratesFromTimings', () => {
  it('counts two operations a multiplication and takes the cost of the call off', () => {
    const rates = ratesFromTimings({ fp32: 0.51, int8: 0.11, q4: 0.21, stream: 1.01, call: 0.01 });
    expect(rates.gflops.fp32).toBeCloseTo(flops / 0.5 / 1e6, 6);
    expect(rates.gflops.int8).toBeCloseTo(flops / 0.1 / 1e6, 6);
    expect(rates.gflops.q4).toBeCloseTo(flops / 0.2 / 1e6, 6);
    expect(rates.gigabytesPerSecond).toBeCloseTo((384 * 8192 * 4) / 1e6, 6);
    expect(rates.overheadMs).toBe(0.01);
  });

  it('stays positive and finite when a kernel seems no slower than the empty call', () => {
    const rates = ratesFromTimings({ fp32: 0.1, int8: 0.1, q4: 0.09, stream: 0.1, call: 0.1 });
    for (const rate of [...Object.values(rates.gflops), rates.gigabytesPerSecond]) {
      expect(rate).toBeGreaterThan(0);
      expect(Number.isFinite(rate)).toBe(true);
    }
  });
});
