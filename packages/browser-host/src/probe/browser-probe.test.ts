import { deviceProfileSchema, type Crash, type MeasuredRates, type ProbeTimings } from '@terrace/core';
import { createFakeClock } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { estimateRates } from './estimated-rates.js';
import { measureProviders } from './measure-providers.js';
import { createBrowserProbe, type BrowserProbeOptions } from './browser-probe.js';
import type { WorkerScope } from './worker-scope.js';

const GIB = 2 ** 30;
const timings: ProbeTimings = { fp32: 0.51, int8: 0.28, q4: 2.17, stream: 1.2, call: 0.012 };
const never = (): Promise<never> => new Promise(() => undefined);

function adapter(architecture: string) {
  const info = { vendor: 'intel', architecture, device: '', description: '' };
  const limits = { maxBufferSize: GIB, maxStorageBufferBindingSize: GIB };
  return { info, features: new Set(['shader-f16']), limits };
}
const gpuOf = (requestAdapter: () => Promise<unknown>) => ({ requestAdapter }) as unknown as GPU;

const navigator = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  hardwareConcurrency: 8,
  deviceMemory: 8,
  onLine: true,
  connection: { saveData: false, effectiveType: '4g', downlink: 10 },
};

/** A probe of a desktop; a test changes what it is about. */
function probeOf({
  scope = {},
  kept = new Map<string, MeasuredRates>(),
  ...changes
}: Omit<Partial<BrowserProbeOptions>, 'scope'> & {
  readonly scope?: WorkerScope;
  readonly kept?: Map<string, MeasuredRates>;
} = {}) {
  const clock = createFakeClock();
  const measured: string[] = [];
  const probe = createBrowserProbe({
    // Each look at the clock takes a millisecond, so that what waits for it to go on does not wait for ever.
    clock: { ...clock, nowMs: () => (clock.advance(1), clock.nowMs()) },
    engine: {
      async measure(provider) {
        measured.push(provider);
        return timings;
      },
      residentBytes: () => 0,
    },
    storage: async () => ({ freeBytes: 10 * GIB, persisted: true }),
    page: async () => ({ power: { source: 'battery', batteryLevel: 0.5 } }),
    records: { read: async (key) => kept.get(key), write: async (key, rates) => void kept.set(key, rates) },
    loadRates: async () => ({ estimateRates, measureProviders }),
    runtimeVersion: '1.30.0',
    runsModels: () => true,
    scope: { navigator, isSecureContext: true, WebAssembly, ...scope },
    ...changes,
  });
  return { probe, measured, kept, clock };
}

/** With one that does not answer, the sleeper is woken. */
async function profileAfterWaiting({ probe, clock }: ReturnType<typeof probeOf>) {
  const pending = probe.profile();
  await Promise.resolve();
  clock.advance(10_000);
  return pending;
}

describe('createBrowserProbe', () => {
  it('tells what the page has died of, as long as that is left out', async () => {
    const crash: Crash = {
      variantId: 'a',
      modelId: 'base',
      provider: 'wasm',
      phase: 'run',
      timesInARow: 2,
      atWallMs: 0,
      untilWallMs: 120_000,
    };
    let crashes = [crash];
    const { probe } = probeOf({ crashes: async () => crashes });
    const profile = await probe.profile();
    expect(deviceProfileSchema.parse(profile).crashes).toEqual([crash]);
    crashes = [];
    expect(await probe.profile()).not.toHaveProperty('crashes');
  });

  it('tells what a browser tells', async () => {
    const profile = await probeOf().probe.profile();
    expect(deviceProfileSchema.parse(profile)).toEqual(profile);
    expect(profile).toMatchObject({
      host: 'browser',
      os: 'Linux',
      browser: { name: 'Chromium', version: '156', isMobile: false },
      cpu: { usableCores: 8, features: expect.arrayContaining(['simd128']) },
      memory: { totalBytes: 8 * GIB, usableBytes: 4 * GIB },
      storage: { freeBytes: 10 * GIB, reserveBytes: 0, persisted: true },
      power: { source: 'battery', batteryLevel: 0.5 },
      network: 'online',
      connection: { saveData: false, effectiveType: '4g', megabitsPerSecond: 10 },
      wasm: { simd: true, threads: false },
      providers: [{ id: 'wasm', isEstimate: true }],
      refusedProviders: [{ id: 'webgpu', reason: 'this browser has no WebGPU' }],
    });
    expect(profile.warnings).toBeUndefined();
  });

  it('is offline where the page pretends to be', async () => {
    let isOnline = false;
    const { probe } = probeOf({ isOnline: () => isOnline });
    expect((await probe.profile()).network).toBe('offline');
    isOnline = true;
    expect((await probe.profile()).network).toBe('online');
  });

  it('reads what changes at every call', async () => {
    let [level, onLine, freeBytes] = [0.5, true, GIB];
    const { probe } = probeOf({
      scope: {
        navigator: {
          ...navigator,
          get onLine() {
            return onLine;
          },
        },
      },
      page: async () => ({ power: { source: 'battery', batteryLevel: level } }),
      storage: async () => ({ freeBytes, persisted: false }),
    });
    await probe.profile();
    [level, onLine, freeBytes] = [0.4, false, 2 * GIB];
    expect(await probe.profile()).toMatchObject({
      power: { batteryLevel: 0.4 },
      network: 'offline',
      storage: { freeBytes: 2 * GIB },
    });
  });

  it('counts what loaded models have taken', async () => {
    const { probe } = probeOf({ engine: { measure: never, residentBytes: () => GIB } });
    expect((await probe.profile()).memory.usableBytes).toBe(3 * GIB);
  });

  it('knows little of a browser that tells nothing, and does not fail', async () => {
    const throwing = new Proxy({}, { get: () => fail(), has: () => true });
    for (const scope of [{ navigator: undefined, WebAssembly: undefined }, { navigator: throwing }] as WorkerScope[]) {
      const { probe } = probeOf({
        scope,
        page: () => Promise.reject(new Error('the page is gone')),
        storage: () => Promise.reject(new Error('blocked')),
      });
      const profile = await probe.profile();
      expect(deviceProfileSchema.parse(profile)).toEqual(profile);
      expect(profile).toMatchObject({
        os: 'unknown',
        cpu: { usableCores: 1 },
        memory: { totalBytes: 4 * GIB },
        power: { source: 'unknown' },
        network: 'unknown',
      });
      expect(profile.connection).toBeUndefined();
    }
  });

  it('says when nothing can be stored', async () => {
    for (const freeBytes of [0, NaN, undefined as unknown as number]) {
      const { probe } = probeOf({ storage: async () => ({ freeBytes, persisted: false }) });
      const { storage, warnings } = await probe.profile();
      expect(storage.freeBytes).toBe(0);
      expect(warnings).toEqual([expect.stringContaining('store nothing')]);
    }
  });

  it('does not wait for a page that is busy', async () => {
    const answers = [Promise.resolve(0.5), never(), never()];
    const facts = probeOf({
      page: async () => ({ power: { source: 'battery', batteryLevel: await answers.shift()! } }),
    });
    await facts.probe.profile();
    expect((await profileAfterWaiting(facts)).power).toEqual({ source: 'battery', batteryLevel: 0.5 });
    expect((await profileAfterWaiting(probeOf({ page: never }))).power).toEqual({ source: 'unknown' });
  });

  it('field bug 15: a page that is not isolated has one thread, and is told how to have more', async () => {
    const { wasm, warnings } = await probeOf({ threads: 4 }).probe.profile();
    expect(wasm?.threads).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('Cross-Origin-Opener-Policy')]);
    const isolated = probeOf({ threads: 4, scope: { crossOriginIsolated: true, SharedArrayBuffer, Atomics } });
    const profile = await isolated.probe.profile();
    expect(profile).toMatchObject({ wasm: { threads: true }, cpu: { features: expect.arrayContaining(['threads']) } });
    expect(profile.warnings).toBeUndefined();
  });

  it('warns of a page that is not served over https', async () => {
    const { warnings } = await probeOf({ scope: { isSecureContext: false } }).probe.profile();
    expect(warnings).toEqual([expect.stringContaining('https')]);
  });
});

describe('the providers of a browser', () => {
  it('field bug 3: WebGPU without an adapter is refused', async () => {
    const { probe } = probeOf({ scope: { navigator: { ...navigator, gpu: gpuOf(async () => null) } } });
    const { providers, refusedProviders, gpu } = await probe.profile();
    expect(providers.map(({ id }) => id)).toEqual(['wasm']);
    expect(refusedProviders).toEqual([{ id: 'webgpu', reason: expect.stringContaining('no adapter') }]);
    expect(gpu).toBeUndefined();
  });

  it('offers a real adapter, and one in software only where that is asked for', async () => {
    const real = { navigator: { ...navigator, gpu: gpuOf(async () => adapter('gen-12lp')) } };
    expect(await probeOf({ scope: real }).probe.profile()).toMatchObject({
      gpu: { vendor: 'intel', isSoftware: false },
      providers: [{ id: 'wasm' }, { id: 'webgpu', shaderF16: true, isEstimate: true }],
    });
    const software = { navigator: { ...navigator, gpu: gpuOf(async () => adapter('swiftshader')) } };
    expect(await probeOf({ scope: software }).probe.profile()).toMatchObject({
      gpu: { isSoftware: true },
      providers: [{ id: 'wasm' }],
      refusedProviders: [{ id: 'webgpu', reason: expect.stringContaining('swiftshader') }],
    });
    const allowed = await probeOf({ scope: software, allowSoftwareGpu: true }).probe.profile();
    expect(allowed.providers.map(({ id }) => id)).toEqual(['wasm', 'webgpu']);
    expect(allowed.refusedProviders).toBeUndefined();
  });

  it('does not wait long for an adapter, and counts one that comes late', async () => {
    let answer: (found: unknown) => void = () => undefined;
    const gpu = gpuOf(() => new Promise((resolve) => (answer = resolve)));
    const facts = probeOf({ scope: { navigator: { ...navigator, gpu } } });
    expect(await profileAfterWaiting(facts)).toMatchObject({
      providers: [{ id: 'wasm' }],
      refusedProviders: [{ id: 'webgpu', reason: expect.stringContaining('not answered') }],
    });
    answer(adapter('gen-12lp'));
    await Promise.resolve();
    expect((await facts.probe.profile()).providers.map(({ id }) => id)).toEqual(['wasm', 'webgpu']);
  });

  it('are none without WebAssembly, without its SIMD, or where the page may not compile it', async () => {
    const Module = function refuse() {
      throw new Error("violates the directive script-src 'self'");
    } as unknown as typeof WebAssembly.Module;
    const gpu = gpuOf(async () => adapter('gen-12lp'));
    const reasonsOf = async (wasm: unknown) => {
      const scope = { navigator: { ...navigator, gpu }, WebAssembly: wasm } as WorkerScope;
      const { providers, refusedProviders } = await probeOf({ scope }).probe.profile();
      expect(providers).toEqual([]);
      expect(refusedProviders?.map(({ id }) => id)).toEqual(['wasm', 'webgpu']);
      return refusedProviders![0]!.reason;
    };
    expect(await reasonsOf(undefined)).toContain('no WebAssembly');
    expect(await reasonsOf({ ...WebAssembly, validate: () => false })).toContain('SIMD');
    expect(await reasonsOf({ validate: () => true, Instance: WebAssembly.Instance, Module })).toContain(
      "'wasm-unsafe-eval'",
    );
  });

  it('are not looked for while there is no model for them', async () => {
    const asked: string[] = [];
    let runs = false;
    const gpu = gpuOf(async () => (asked.push('gpu'), null));
    const { probe, measured } = probeOf({
      scope: { navigator: { ...navigator, gpu } },
      runsModels: () => runs,
      records: { read: async () => void asked.push('records'), write: async () => undefined },
    });
    const { providers, refusedProviders, memory } = await probe.profile();
    expect([providers, refusedProviders]).toEqual([[], undefined]);
    expect(memory.usableBytes).toBeGreaterThan(0);
    expect(await probe.measure()).toBe(false);
    expect([asked, measured]).toEqual([[], []]);
    runs = true;
    expect((await probe.profile()).providers.map(({ id }) => id)).toEqual(['wasm']);
  });
});

describe('the measurement', () => {
  const scope = { navigator: { ...navigator, gpu: gpuOf(async () => adapter('gen-12lp')) } };

  it('is made once, and not by a profile', async () => {
    const { probe, measured } = probeOf({ scope });
    const [before] = (await probe.profile()).providers;
    expect(measured).toEqual([]);
    expect(before!.isEstimate).toBe(true);
    expect(await Promise.all([probe.measure(), probe.measure()])).toEqual([true, true]);
    expect(measured).toEqual(['wasm', 'webgpu']);
    const { providers } = await probe.profile();
    for (const provider of providers) expect(provider.isEstimate).toBeUndefined();
    expect(providers[0]!.gflops.int8).toBeCloseTo(52.8, 0);
    expect(await probe.measure()).toBe(false);
    expect(measured).toHaveLength(2);
  });

  it('holds for later visits, until runtime, browser or adapter are others', async () => {
    const { probe, kept } = probeOf({ scope });
    await probe.measure();
    const again = async (changes: Parameters<typeof probeOf>[0]) => {
      const later = probeOf({ scope, kept: new Map(kept), ...changes });
      await later.probe.measure();
      return later.measured;
    };
    expect(await again({})).toEqual([]);
    expect(await again({ runtimeVersion: '1.31.0' })).toEqual(['wasm', 'webgpu']);
    const newer = { ...scope.navigator, userAgent: navigator.userAgent.replace('156', '157') };
    expect(await again({ scope: { navigator: newer } })).toEqual(['wasm', 'webgpu']);
    const other = { ...navigator, gpu: gpuOf(async () => adapter('xe-2')) };
    expect(await again({ scope: { navigator: other } })).toEqual(['webgpu']);
  });

  it('is made anew where what was kept is damaged', async () => {
    const { probe, kept } = probeOf();
    await probe.measure();
    for (const broken of ['rubbish', null, {}, { gflops: { fp32: 1, int8: -1, q4: 1 } }, { gflops: 5 }]) {
      const damaged = new Map([...kept.keys()].map((key) => [key, broken as unknown as MeasuredRates]));
      const later = probeOf({ kept: damaged });
      expect((await later.probe.profile()).providers[0]!.isEstimate).toBe(true);
      expect(await later.probe.measure()).toBe(true);
    }
  });

  it('counts for this visit where nothing can be kept', async () => {
    const refuse = (): Promise<never> => Promise.reject(new Error('no storage'));
    const { probe } = probeOf({ records: { read: refuse, write: refuse } });
    expect(await probe.measure()).toBe(true);
    expect((await probe.profile()).providers[0]!.isEstimate).toBeUndefined();
  });

  it('refuses WebGPU that fails, and goes on with estimates where WebAssembly does', async () => {
    const asked: string[] = [];
    const engine = {
      async measure(provider: string): Promise<never> {
        asked.push(provider);
        throw new Error(`no ${provider} here\n  at native code`);
      },
      residentBytes: () => undefined,
    };
    const { probe } = probeOf({ scope, engine });
    expect(await probe.measure()).toBe(true);
    expect(await probe.profile()).toMatchObject({
      providers: [{ id: 'wasm', isEstimate: true }],
      refusedProviders: [{ id: 'webgpu', reason: 'Error: no webgpu here' }],
    });
    expect(await probe.measure()).toBe(false);
    expect(asked).toEqual(['wasm', 'webgpu']);
  });

  it('ends when a driver hangs', async () => {
    const engine = {
      measure: (_: string, signal?: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
      residentBytes: () => undefined,
    };
    const { probe, clock } = probeOf({ scope, engine });
    await probe.profile();
    const pending = probe.measure();
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
      clock.advance(60_000);
    }
    expect(await pending).toBe(true);
    expect((await probe.profile()).refusedProviders).toEqual([
      { id: 'webgpu', reason: expect.stringContaining('no answer within 60 s') },
    ]);
  });

  it('does not hold a caller who gives up', async () => {
    const { probe } = probeOf({ engine: { measure: never, residentBytes: () => 0 } });
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const pending = probe.measure({ signal: controller.signal });
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(probe.measure({ signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('the environment of a self-test', () => {
  it('names what answers depend on', async () => {
    const gpu = gpuOf(async () => adapter('gen-12lp'));
    expect(await probeOf({ scope: { navigator: { ...navigator, gpu } } }).probe.environment()).toEqual({
      runtimeVersion: '1.30.0',
      cpu: expect.stringMatching(/^Chromium 156 Linux simd128.* intel gen-12lp$/),
    });
    expect((await probeOf().probe.environment()).cpu).toMatch(/^Chromium 156 Linux simd128/);
  });
});

function fail(): never {
  throw new Error('blocked');
}
