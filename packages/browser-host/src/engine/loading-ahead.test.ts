import { engineModel, type Catalog, type EngineModel, type Variant } from '@terrace/core';
import {
  createFakeClock,
  createFakeEngine,
  createFakeStore,
  exampleCatalog,
  exampleModel,
  fakeFile,
} from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { loadingAhead } from './loading-ahead.js';

const variant: Variant = { dtype: 'q4', providers: ['wasm'], weights: fakeFile('nano/q4.onnx') };
const nano = exampleModel({ id: 'nano', layers: 0, variants: [variant] });
const catalog: Catalog = { ...exampleCatalog(), models: [exampleModel({ id: 'base' }), nano] };

/** Everything that is ready has run. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function setUp({ missing = [] as string[], onLoad = (): void => undefined } = {}) {
  const clock = createFakeClock();
  const fake = createFakeEngine({ models: { nano: { onLoad } } });
  const store = createFakeStore({ missing });
  const told: number[] = [];
  const engine = loadingAhead({ engine: fake, store, catalog, clock, onLoaded: () => told.push(fake.loads.length) });
  const wanted: EngineModel = await engineModel(
    { model: nano, variant },
    { store: createFakeStore(), provider: 'wasm', expectedRunMs: 1 },
  );
  await settled();
  return { clock, fake, engine, told, wanted };
}

it('gives what it has loaded to whoever loads it first, and loads it anew for the next one', async () => {
  const { fake, engine, told, wanted } = await setUp();
  expect(fake.loads).toMatchObject([{ modelId: 'nano', provider: 'wasm' }]);
  expect(told).toEqual([1]);
  const [first, second] = [await engine.load(wanted), await engine.load(wanted)];
  expect(first).not.toBe(second);
  expect(fake.loads).toHaveLength(2);
});

it('gives it to nobody who wants another model or another provider', async () => {
  const { fake, engine, wanted } = await setUp();
  await engine.load({ ...wanted, provider: 'webgpu' });
  await engine.load({ ...wanted, variantId: 'f'.repeat(64) });
  expect(fake.loads).toHaveLength(3);
});

it('loads nothing that would have to be fetched, and says at once that there is nothing to wait for', async () => {
  const { fake, told } = await setUp({ missing: [variant.weights.path] });
  expect(fake.loads).toEqual([]);
  expect(told).toEqual([0]);
});

it('tries again for whoever asks when its own load has failed', async () => {
  let failures = 1;
  const onLoad = (): void => {
    if (failures-- > 0) throw new Error('not now');
  };
  const { engine, told, wanted } = await setUp({ onLoad });
  expect(told).toHaveLength(1);
  await expect(engine.load(wanted)).resolves.toMatchObject({ alive: true });
});

it('lets go of what nobody has asked for', async () => {
  const { clock, fake, engine, wanted } = await setUp();
  await clock.advance(60_000);
  await settled();
  expect(fake.released).toEqual([variant.weights.sha256]);
  await engine.load(wanted);
  expect(fake.loads).toHaveLength(2);
});
