import {
  createRuntime,
  createRaces,
  createSelfTest,
  examineTier,
  inspectSession,
  raceTier,
  engineModel,
  goldenSchema,
  type Catalog,
  type EngineSession,
  type FileRef,
  type LocalTier,
  type ModelStore,
  type SelfTest,
} from '@terrace/core';
import { createFakePorts, createFakeSelfTestRecords, exampleBrowserProfile } from '@terrace/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createBrowserEngine, type BrowserEngine } from './browser-engine.js';
import { BUILT_FILES } from './testing/shipped-model.js';

const urlOf = ({ path }: FileRef): string => new URL(`/${path}`, location.origin).href;
const store: ModelStore = {
  presence: () => 'here',
  locate: async (file) => ({ location: urlOf(file), bytes: file.bytes, sha256: file.sha256 }),
};
const records = createFakeSelfTestRecords();

function openEngine(): BrowserEngine {
  const engine = createBrowserEngine({ files: BUILT_FILES, allowSoftwareGpu: true });
  onTestFinished(() => engine.close());
  return engine;
}

const selfTestWith = (onFailure: (error: unknown) => void): SelfTest =>
  createSelfTest({
    loadExaminer: async () => ({ examineTier, raceTier, inspectSession }),
    records,
    golden: { golden: async (file) => goldenSchema.parse(await (await fetch(urlOf(file))).json()) },
    store,
    clock: systemClock,
    reference: 'wasm',
    environment: { runtimeVersion: '1', cpu: 'a test' },
    onFailure,
  });

/** The shipped catalog with one model, and no domain whose calibration would bind it to a variant. */
async function catalogOf(modelId: string): Promise<Catalog> {
  const shipped = (await (await fetch('/catalog.json')).json()) as Catalog;
  return { ...shipped, models: shipped.models.filter(({ id }) => id === modelId), domains: [] };
}

it('FIELD-BUGS 5: WebGPU is compared with golden outputs, and with WebAssembly where there is a delta', async () => {
  const { models, deltas } = await catalogOf('nano');
  const model = models[0]!;
  const variant = model.variants[0]!;
  const delta = deltas.find(({ base }) => base.id === 'nano');
  const tier: LocalTier = { kind: 'local', id: 'nano', placement: 'device', model, variant, delta };
  const engine = openEngine();
  const open = async (provider: string): Promise<EngineSession> =>
    engine.load(await engineModel(tier, { store, provider, expectedRunMs: 1 }));
  const failures: unknown[] = [];
  const verdict = await selfTestWith((error) => failures.push(error)).verifyAnew({
    session: await open('webgpu'),
    tier,
    provider: 'webgpu',
    openReference: () => open('wasm'),
  });
  expect(verdict).toMatchObject({
    kind: 'passed',
    basis: 'golden',
    numbers: { meanCosine: expect.closeTo(1, 3), largestVariation: expect.closeTo(0, 2) },
  });
  expect(failures).toEqual([]);
});

it('FIELD-BUGS 2: WebGPU that starts and is hopelessly slow is outrun in two runs', async () => {
  const [wasm, webgpu] = exampleBrowserProfile().providers;
  const promising = { ...webgpu!, overheadMs: 2, gflops: { fp32: 100, int8: 20, q4: 100 } };
  const fakes = createFakePorts({
    catalog: await catalogOf('base'),
    calibration: 'none',
    profile: exampleBrowserProfile({ providers: [wasm!, promising] }),
  });
  const selfTest = selfTestWith(fakes.onFailure);
  const loadRaces = async () => ({ createRaces });
  const runtime = createRuntime({ ...fakes, clock: systemClock, store, engine: openEngine(), selfTest, loadRaces });
  onTestFinished(() => runtime.close());
  await runtime.run({ text: 'freeze my account', task: 'feature-extraction' });
  const ofBase = async (provider: string) => {
    const variants = fakes.catalog.current().models[0]!.variants.map(({ weights }) => weights.sha256);
    return (await records.list()).find((each) => each.provider === provider && variants.includes(each.variantId));
  };
  const found = await vi.waitUntil(() => ofBase('webgpu'), { timeout: 100_000, interval: 100 });
  expect(found.verdict).toEqual({ kind: 'outrun' });
  const here = await ofBase('wasm');
  expect(here).toMatchObject({ verdict: { kind: 'passed', basis: 'golden' } });
  expect(found.runMs).toBeGreaterThan(4 * here!.runMs!);
  expect(fakes.failures).toEqual([]);
});
