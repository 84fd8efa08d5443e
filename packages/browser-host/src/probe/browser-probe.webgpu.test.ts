import { deviceProfileSchema } from '@terrace/core';
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

function makeProbe(allowSoftwareGpu?: boolean): BrowserProbe {
  const engine = createBrowserEngine({ files: BUILT_FILES, allowSoftwareGpu: allowSoftwareGpu ?? false });
  engines.push(engine);
  return createBrowserProbe({
    clock: systemClock,
    engine,
    storage: storageState,
    page: readPageFacts,
    records: { read: async () => undefined, write: async () => undefined },
    loadRates: async () => ({ estimateRates, measureProviders }),
    runtimeVersion: '1.30.0',
    runsModels: () => true,
    allowSoftwareGpu,
  });
}

describe('createBrowserProbe in Chromium with a GPU in software', () => {
  it('refuses it with the reason, and tells of it all the same', async () => {
    const profile = await makeProbe().profile();
    expect(deviceProfileSchema.parse(profile)).toEqual(profile);
    expect(profile.providers.map(({ id }) => id)).toEqual(['wasm']);
    expect(profile.refusedProviders).toEqual([
      { id: 'webgpu', reason: expect.stringMatching(/processor.*swiftshader/) },
    ]);
    expect(profile.gpu).toMatchObject({ vendor: 'google', architecture: 'swiftshader', isSoftware: true });
    expect(profile.gpu?.maxBufferBytes).toBeGreaterThanOrEqual(2 ** 28);
    expect(profile.gpu?.maxStorageBufferBytes).toBeGreaterThanOrEqual(2 ** 27);
  });

  it('measures it where it was asked for, and does not look long', async () => {
    const probe = makeProbe(true);
    expect((await probe.profile()).providers).toMatchObject([
      { id: 'wasm', isEstimate: true },
      { id: 'webgpu', shaderF16: false, isEstimate: true },
    ]);
    expect(await probe.measure()).toBe(true);
    const { providers, refusedProviders } = await probe.profile();
    expect(refusedProviders).toBeUndefined();
    const [wasm, webgpu] = providers;
    expect(webgpu!.isEstimate).toBeUndefined();
    // Computed on the processor without its wide instructions: many times slower than WebAssembly, and more than nothing.
    expect(webgpu!.gflops.fp32).toBeGreaterThan(0.001);
    expect(webgpu!.gflops.fp32).toBeLessThan(wasm!.gflops.fp32 / 3);
    expect((await probe.environment()).cpu).toContain('swiftshader');
  });
});
