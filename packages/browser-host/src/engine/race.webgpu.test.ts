import {
  createRuntime,
  createSelfTest,
  goldenSchema,
  parseCatalog,
  type Catalog,
  type FileRef,
  type ModelStore,
  type SelfTestRecord,
} from '@terrace/core';
import { createFakePorts, createFakeSelfTestRecords, exampleBrowserProfile } from '@terrace/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createBrowserEngine } from './browser-engine.js';
import { BUILT_FILES } from './testing/shipped-model.js';

const urlOf = ({ path }: FileRef): string => new URL(`/${path}`, location.origin).href;
const store: ModelStore = {
  presence: () => 'here',
  locate: async (file) => ({ location: urlOf(file), bytes: file.bytes, sha256: file.sha256 }),
};

/** A runtime with one shipped model, on the real engine and on a device that is said to have a fast GPU. */
async function openWith(modelId: string) {
  const shipped = parseCatalog(await (await fetch('/catalog.json')).text());
  const catalog: Catalog = { ...shipped, models: shipped.models.filter(({ id }) => id === modelId), domains: [] };
  const [wasm, webgpu] = exampleBrowserProfile().providers;
  const profile = exampleBrowserProfile({ providers: [wasm!, { ...webgpu!, overheadMs: 0.001 }] });
  const records = createFakeSelfTestRecords();
  const fakes = createFakePorts({ catalog, calibration: 'none', profile });
  const runtime = createRuntime({
    ...fakes,
    clock: systemClock,
    store,
    engine: createBrowserEngine({ files: BUILT_FILES, allowSoftwareGpu: true }),
    selfTest: createSelfTest({
      records,
      golden: { golden: async (file) => goldenSchema.parse(await (await fetch(urlOf(file))).json()) },
      store,
      clock: systemClock,
      reference: 'wasm',
      environment: { runtimeVersion: '1', cpu: 'a test' },
      onFailure: fakes.onFailure,
    }),
  });
  onTestFinished(() => runtime.close());
  await runtime.run({ text: 'freeze my account', task: 'feature-extraction' });
  /** What the race has found out. */
  const ofWebGpu = async (): Promise<SelfTestRecord> =>
    vi.waitUntil(async () => (await records.list()).find(({ provider }) => provider === 'webgpu'), {
      timeout: 100_000,
      interval: 100,
    });
  return { ofWebGpu, records, failures: fakes.failures };
}

it('FIELD-BUGS 5: WebGPU is compared with golden outputs, and with WebAssembly where there is a delta', async () => {
  const { ofWebGpu, failures } = await openWith('nano');
  const { verdict, runMs } = await ofWebGpu();
  expect(verdict).toMatchObject({ kind: 'passed', basis: 'golden' });
  expect(verdict).toHaveProperty('numbers.meanCosine', expect.closeTo(1, 3));
  expect(verdict).toHaveProperty('numbers.largestVariation', expect.closeTo(0, 2));
  expect(runMs).toBeGreaterThan(0);
  expect(failures).toEqual([]);
});

it('FIELD-BUGS 2: WebGPU that starts and is hopelessly slow is outrun in two runs', async () => {
  const { ofWebGpu, records, failures } = await openWith('base');
  const { verdict, runMs } = await ofWebGpu();
  expect(verdict).toEqual({ kind: 'outrun' });
  const [wasm] = await records.list();
  expect(wasm).toMatchObject({ provider: 'wasm', verdict: { kind: 'passed', basis: 'golden' } });
  expect(runMs).toBeGreaterThan(4 * wasm!.runMs!);
  expect(failures).toEqual([]);
});
