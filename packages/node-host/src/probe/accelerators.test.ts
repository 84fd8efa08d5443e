import { describe, expect, it } from 'vitest';
import { measureAccelerators } from './accelerators.js';
import { conservativeRates, measureCompute, type ComputeMeasurement } from './compute-probe.js';

const workerUrl = new URL('../../dist/probe/compute-probe-worker.js', import.meta.url);
const measured: ComputeMeasurement = { kind: 'measured', rates: conservativeRates, measuringMs: 1, listed: [] };

describe('measureAccelerators', () => {
  it('offers what the runtime lists and what runs, and keeps the reason of what does not', async () => {
    const asked: string[] = [];
    const { offered, refused } = await measureAccelerators(['cpu', 'webgpu', 'cuda', 'dml'], async (provider) => {
      asked.push(provider);
      return provider === 'dml' ? measured : { kind: 'unavailable', reason: 'Error: no library\n  at native code' };
    });
    expect(asked).toEqual(['cuda', 'dml']);
    expect(offered).toEqual([{ id: 'dml', rates: conservativeRates }]);
    expect(refused).toEqual([{ id: 'cuda', reason: 'Error: no library' }]);
  });

  it('refuses one that breaks its thread, and goes on with the next', async () => {
    const { offered, refused } = await measureAccelerators(['coreml', 'cuda'], async (provider) =>
      provider === 'cuda' ? { kind: 'broken', reason: 'no answer within 60000 ms' } : measured,
    );
    expect(offered.map(({ id }) => id)).toEqual(['coreml']);
    expect(refused).toEqual([{ id: 'cuda', reason: 'no answer within 60000 ms' }]);
  });

  it('tries nothing that is not listed', async () => {
    const none = await measureAccelerators(['cpu', 'webgpu'], () => Promise.reject(new Error('not to be asked')));
    expect(none).toEqual({ offered: [], refused: [] });
  });
});

describe('the runtime that is installed here', () => {
  it('lists its providers, cpu among them', async () => {
    expect(await measureCompute({ workerUrl })).toMatchObject({
      kind: 'measured',
      listed: expect.arrayContaining(['cpu']),
    });
  });

  it('does not run on the CPU what was asked of a provider that it lacks', async () => {
    const outcome = await measureCompute({ workerUrl, provider: 'no-such-provider' });
    expect(outcome).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('no-such-provider') });
  });
});
