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
import type { MarkingEngine } from '../sentinel/marking-engine.js';
import { loadingAhead } from './loading-ahead.js';

const variant: Variant = { dtype: 'q4', providers: ['wasm'], weights: fakeFile('nano/q4.onnx') };
const nano = exampleModel({ id: 'nano', layers: 0, variants: [variant] });
const catalog: Catalog = { ...exampleCatalog(), models: [exampleModel({ id: 'base' }), nano] };

/** Everything that is ready has run. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function setUp({
  missing = [] as string[],
  models = catalog.models,
  onLoad = (): void => undefined,
}: {
  readonly missing?: string[];
  readonly models?: Catalog['models'];
  readonly onLoad?: () => void;
} = {}) {
  const clock = createFakeClock();
  const fake = createFakeEngine({ models: { nano: { onLoad } } });
  const told: number[] = [];
  const isAhead: unknown[] = [];
  const watched: MarkingEngine = {
    ...fake,
    load(model, options) {
      isAhead.push(options?.isAhead);
      return fake.load(model, options);
    },
  };
  const engine = loadingAhead({
    engine: watched,
    locate: createFakeStore({ missing }).locate,
    catalog: { ...catalog, models },
    clock,
    onLoaded: () => told.push(fake.loads.length),
  });
  const wanted: EngineModel = await engineModel(
    { model: nano, variant },
    { store: createFakeStore(), provider: 'wasm', expectedRunMs: 1 },
  );
  await settled();
  return { clock, fake, engine, told, isAhead, wanted };
}

it('gives what it has loaded to whoever loads it first, and loads it anew for the next one', async () => {
  const { fake, engine, isAhead, wanted } = await setUp();
  expect(fake.loads).toMatchObject([{ modelId: 'nano', provider: 'wasm' }]);
  const [first, second] = [await engine.load(wanted), await engine.load(wanted)];
  expect(first).not.toBe(second);
  expect(isAhead).toEqual([true, undefined]);
});

it('tells that it has ended when there was time for a first answer', async () => {
  const { clock, told } = await setUp();
  expect(told).toEqual([]);
  await clock.advance(100);
  await settled();
  expect(told).toEqual([1]);
});

it('gives it to nobody who wants another model or another provider', async () => {
  const { fake, engine, wanted } = await setUp();
  await engine.load({ ...wanted, provider: 'webgpu' });
  await engine.load({ ...wanted, variantId: 'f'.repeat(64) });
  expect(fake.loads).toHaveLength(3);
});

it('loads nothing that would have to be fetched, or that a page cannot run, and says at once that there is nothing to wait for', async () => {
  for (const lacking of [
    { missing: [variant.weights.path] },
    { missing: [nano.tokenizer.path] },
    { models: [exampleModel({ id: 'base' })] },
    { models: [{ ...nano, variants: [{ ...variant, providers: ['webgpu'] }] }] },
  ]) {
    const { fake, told } = await setUp(lacking);
    expect(fake.loads).toEqual([]);
    expect(told).toEqual([0]);
  }
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
