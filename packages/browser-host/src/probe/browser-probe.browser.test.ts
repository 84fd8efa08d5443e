import { deviceProfileSchema, type MeasuredRates } from '@terrace/core';
import { describeDeviceProbeContract } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createBrowserEngine } from '../engine/browser-engine.js';
import { BUILT_FILES } from '../engine/testing/shipped-model.js';
import { readPageFacts } from '../page/page-facts.js';
import { storageState } from '../store/storage-state.js';
import { systemClock } from '../system-clock.js';
import { estimateRates } from './estimated-rates.js';
import { measureProviders } from './measure-providers.js';
import { createBrowserProbe, type BrowserProbe } from './browser-probe.js';

const engines: ReturnType<typeof createBrowserEngine>[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

/** The probe of this browser, as a first visit has it. */
function makeProbe(kept = new Map<string, MeasuredRates>()): BrowserProbe {
  const engine = createBrowserEngine({ files: BUILT_FILES });
  engines.push(engine);
  return createBrowserProbe({
    clock: systemClock,
    engine,
    storage: storageState,
    page: readPageFacts,
    records: { read: async (key) => kept.get(key), write: async (key, rates) => void kept.set(key, rates) },
    loadRates: async () => ({ estimateRates, measureProviders }),
    runtimeVersion: '1.30.0',
    runsModels: () => true,
    threads: 2,
  });
}

describeDeviceProbeContract('createBrowserProbe', () => makeProbe());

describe('createBrowserProbe in Chromium without a GPU', () => {
  it('tells what this browser is, and what it can do', async () => {
    const profile = await makeProbe().profile();
    expect(deviceProfileSchema.parse(profile)).toEqual(profile);
    expect(profile).toMatchObject({
      host: 'browser',
      os: 'Linux',
      browser: { name: 'Chromium', version: expect.stringMatching(/^\d+$/), isMobile: false },
      cpu: {
        usableCores: navigator.hardwareConcurrency,
        features: expect.arrayContaining(['simd128', 'relaxed_simd']),
      },
      memory: { basis: expect.stringMatching(/^half of the \d+ GiB the browser tells of$/) },
      storage: { freeBytes: expect.any(Number), persisted: expect.any(Boolean) },
      thermal: 'unknown',
      network: 'online',
      wasm: { simd: true, threads: false },
      providers: [{ id: 'wasm', isEstimate: true }],
    });
    expect(profile.storage.freeBytes).toBeGreaterThan(0);
    expect(profile.connection?.saveData).toBe(false);
  });

  it('field bug 3: has no WebGPU although `navigator.gpu` is there', async () => {
    expect('gpu' in navigator).toBe(true);
    const { providers, refusedProviders, gpu } = await makeProbe().profile();
    expect(providers.map(({ id }) => id)).toEqual(['wasm']);
    expect(refusedProviders).toEqual([{ id: 'webgpu', reason: expect.stringContaining('no adapter') }]);
    expect(gpu).toBeUndefined();
  });

  it('field bug 15: has one thread where two were asked for, and says how to have them', async () => {
    expect(crossOriginIsolated).toBe(false);
    const { warnings } = await makeProbe().profile();
    expect(warnings).toEqual([expect.stringContaining('Cross-Origin-Embedder-Policy: require-corp')]);
  });

  it('estimates at first what it measures later, in its order of magnitude, and measures once', async () => {
    const kept = new Map<string, MeasuredRates>();
    const probe = makeProbe(kept);
    const [estimated] = (await probe.profile()).providers;
    expect(await probe.measure()).toBe(true);
    const [measured] = (await probe.profile()).providers;
    expect(measured!.isEstimate).toBeUndefined();
    for (const dtype of ['fp32', 'int8', 'q4'] as const) {
      const ratio = estimated!.gflops[dtype] / measured!.gflops[dtype];
      expect(ratio).toBeGreaterThan(1 / 10);
      expect(ratio).toBeLessThan(10);
    }
    const later = makeProbe(kept);
    expect((await later.profile()).providers).toEqual([measured]);
    expect(await later.measure()).toBe(false);
  });

  it('asks for no WebAssembly before it measures', async () => {
    const asked = (): string[] =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.wasm'));
    performance.clearResourceTimings();
    await makeProbe().profile();
    expect(asked()).toEqual([]);
  });
});
