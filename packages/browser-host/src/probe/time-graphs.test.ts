import { probeGraphs } from '@terrace/core';
import type { Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { residentStreamGraph } from './resident-stream-graph.js';
import { timeGraphs, type GraphRuntime } from './time-graphs.js';

const graphs = { ...probeGraphs, residentStream: residentStreamGraph };
type Name = keyof typeof graphs;

/** A runtime that takes as long as a test says, by a clock that ticks every 0.1 ms. */
function fakeRuntime(
  runMs: (name: Name, run: number) => number,
  { refuses, startMs = 0, tickMs = 0.1 }: { refuses?: Name; startMs?: number; tickMs?: number } = {},
) {
  let now = 0;
  const runs: Partial<Record<Name, number>> = {};
  const open = new Set<Name>();
  const runtime: GraphRuntime = {
    nowMs: () => Math.floor(now / tickMs) * tickMs,
    Tensor: class {
      constructor(
        readonly type: string,
        readonly data: Float32Array,
        readonly dims: readonly number[],
      ) {}
    } as unknown as new (type: 'float32', values: Float32Array, dims: readonly number[]) => Tensor,
    InferenceSession: {
      async create(bytes) {
        const base64 = Buffer.from(bytes).toString('base64');
        const name = (Object.keys(graphs) as Name[]).find((each) => graphs[each] === base64)!;
        if (name === refuses) throw new Error(`no kernel for ${name}`);
        if (open.size === 0) now += startMs;
        open.add(name);
        return {
          async run() {
            runs[name] = (runs[name] ?? 0) + 1;
            now += runMs(name, runs[name]);
            return {};
          },
          async release() {
            open.delete(name);
          },
        };
      },
    },
  };
  return { runtime, runs, open, spentMs: () => now };
}

const usual = { call: 0.02, fp32: 0.5, int8: 0.3, q4: 2.5, stream: 1.5, residentStream: 0.3 };

describe('timeGraphs', () => {
  it.each([
    [0.005, 0.05],
    [0.1, 0.05],
    [1, 0.35],
  ])('finds the time of a run with a clock that ticks every %d ms, to within %d', async (tickMs, tolerance) => {
    const { runtime, open, spentMs } = fakeRuntime((name) => usual[name], { tickMs });
    const timings = await timeGraphs(runtime, 'wasm');
    for (const name of ['call', 'fp32', 'int8', 'q4', 'stream'] as const) {
      expect(timings[name] / usual[name]).toBeGreaterThan(1 - tolerance);
      expect(timings[name] / usual[name]).toBeLessThan(1 + tolerance);
    }
    expect(spentMs()).toBeLessThan(150);
    expect(open.size).toBe(0);
  });

  it('counts neither the first run, which compiles, nor a burst of a neighbour', async () => {
    const { runtime } = fakeRuntime((name, run) => (run === 1 ? 200 : run < 6 ? usual[name] * 6 : usual[name]));
    const timings = await timeGraphs(runtime, 'wasm');
    expect(timings.fp32).toBeLessThan(usual.fp32 * 1.1);
    expect(timings.int8).toBeLessThan(usual.int8 * 1.1);
  });

  it('does not count the start of the runtime', async () => {
    const { runtime, runs } = fakeRuntime((name) => usual[name], { startMs: 5000 });
    await timeGraphs(runtime, 'wasm');
    expect(Object.keys(runs)).toHaveLength(5);
  });

  it('keeps the weights of the stream on a GPU', async () => {
    const { runtime, runs } = fakeRuntime((name) => usual[name]);
    expect((await timeGraphs(runtime, 'webgpu')).stream).toBeCloseTo(usual.residentStream, 1);
    expect(runs.stream).toBeUndefined();
  });

  it('looks at a GPU that is hopelessly slow for one product only, and tells it for the rest', async () => {
    const { runtime, runs, open, spentMs } = fakeRuntime((name, run) => (run === 1 ? 1500 : usual[name] * 250));
    const timings = await timeGraphs(runtime, 'webgpu');
    expect(runs).toEqual({ call: 2, fp32: 2 });
    expect(timings).toEqual({ call: expect.closeTo(5, 0), fp32: 125, int8: 125, q4: 125, stream: 125 });
    expect(spentMs()).toBeLessThan(3200);
    expect(open.size).toBe(0);
  });

  it('stops when compiling has taken two seconds, and has measured the product in any case', async () => {
    const { runtime, runs } = fakeRuntime((name, run) => (run === 1 ? 1100 : usual[name]));
    const timings = await timeGraphs(runtime, 'webgpu');
    expect(Object.keys(runs)).toEqual(['call', 'fp32']);
    expect(timings.q4).toBeCloseTo(usual.fp32, 1);
  });

  it('fails with the reason of the runtime, and leaves no session behind', async () => {
    const { runtime, open } = fakeRuntime((name) => usual[name], { refuses: 'q4' });
    await expect(timeGraphs(runtime, 'wasm')).rejects.toThrow('no kernel for q4');
    expect(open.size).toBe(0);
  });
});
