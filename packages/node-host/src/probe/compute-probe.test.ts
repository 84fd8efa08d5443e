import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measureCompute } from './compute-probe.js';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';

const workerUrl = new URL('../../dist/probe/compute-probe-worker.js', import.meta.url);
let root: FakeRoot;
beforeEach(() => {
  root = createFakeRoot();
});
afterEach(() => root.remove());

/** A thread that does what the given lines say. */
function workerThat(lines: string): URL {
  root.write({ 'worker.mjs': `import { parentPort } from 'node:worker_threads';\n${lines}` });
  return pathToFileURL(join(root.path, 'worker.mjs'));
}

describe('measureCompute', () => {
  it('measures this machine with the real runtime while the event loop stays alive', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const measured = await measureCompute({ workerUrl });
    clearInterval(timer);
    if (measured.kind !== 'measured') throw new Error(measured.reason);
    expect(ticks).toBeGreaterThan(5);
    // The aim is 250 ms, and a quiet machine takes 130; a busy one may take a multiple.
    expect(measured.measuringMs).toBeLessThan(1500);
    const { gflops, gigabytesPerSecond, overheadMs } = measured.rates;
    for (const rate of Object.values(gflops)) expect(rate).toBeGreaterThan(0.5);
    expect(gigabytesPerSecond).toBeGreaterThan(0.2);
    expect(overheadMs).toBeLessThan(5);
  });

  it('reports a runtime that cannot be loaded', async () => {
    const url = workerThat("parentPort.postMessage({ kind: 'unavailable', reason: 'no binding' });");
    expect(await measureCompute({ workerUrl: url })).toEqual({ kind: 'unavailable', reason: 'no binding' });
  });

  it.each([
    ['dies', 'process.exit(3);', 'ended with code 3'],
    ['throws', "throw new Error('out of memory');", 'out of memory'],
    ['does not answer', 'setInterval(() => undefined, 1000);', 'no answer within 300 ms'],
    [
      'reports nonsense',
      "parentPort.postMessage({ kind: 'measured', measuringMs: 1, listed: [], timings: { fp32: 0, int8: 1, q4: 1, stream: 1, call: 1 } });",
      'no measurable time',
    ],
  ])('tells when the thread %s', async (_, lines, reason) => {
    const measured = await measureCompute({ workerUrl: workerThat(lines), timeoutMs: 300 });
    expect(measured).toEqual({ kind: 'broken', reason: expect.stringContaining(reason) });
  });
});
