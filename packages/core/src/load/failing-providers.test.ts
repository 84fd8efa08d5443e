import { expect, it } from 'vitest';
import { candidateTiers, type LocalTier } from '../catalog/tier.js';
import { createFakeClock, exampleBrowserBase, exampleCatalog, exampleModel, fakeFile } from '../testing/index.js';
import { createFailingProviders } from './failing-providers.js';

const [int8, q4] = candidateTiers(exampleCatalog({ models: [exampleBrowserBase()] }), {
  task: 'feature-extraction',
  domain: undefined,
  subDomain: undefined,
}) as [LocalTier, LocalTier];

function setUp() {
  const clock = createFakeClock();
  let told = 0;
  const failing = createFailingProviders({ clock, onDemoted: () => void told++ });
  return { clock, failing, told: () => told };
}

it('two losses are mishaps, the third in ten minutes is not', () => {
  const { failing, told, clock } = setUp();
  const pair = { tier: q4, provider: 'webgpu' };
  failing.lost(pair);
  clock.advance(300_000);
  failing.lost(pair);
  expect([failing.demotions(), told()]).toEqual([[], 0]);
  clock.advance(300_001);
  failing.lost(pair);
  expect(failing.demotions()).toEqual([]);
  failing.lost(pair);
  const variantId = q4.variant.weights.sha256;
  expect(failing.demotions()).toEqual([
    { kind: 'failing', variantId, provider: 'webgpu', reason: 'it was lost 3 times' },
  ]);
  expect(told()).toBe(1);
});

it('losses of variants and providers are counted apart', () => {
  const { failing } = setUp();
  for (const tier of [q4, int8]) for (const provider of ['webgpu', 'cuda']) failing.lost({ tier, provider });
  expect(failing.demotions()).toEqual([]);
});

it('one failure is enough where the reference provider can run the model, be it another variant of it', () => {
  const { failing } = setUp();
  const gpuOnly = { ...q4, variant: { ...q4.variant, providers: ['webgpu'] } };
  expect(failing.failed({ tier: gpuOnly, provider: 'webgpu' })).toBe(true);
  expect(failing.demotions()).toMatchObject([{ provider: 'webgpu', reason: 'it failed' }]);
});

it('what nothing can replace is left for another time', () => {
  const { failing, told } = setUp();
  const model = exampleModel({
    id: 'base',
    variants: [{ dtype: 'q4', providers: ['webgpu'], weights: fakeFile('gpu-only') }],
  });
  expect(failing.failed({ tier: { ...q4, model, variant: model.variants[0]! }, provider: 'webgpu' })).toBe(false);
  expect([failing.demotions(), told()]).toEqual([[], 0]);
});

it.each(['cpu', 'wasm'])('%s, with which others are compared, is never given up', (provider) => {
  const { failing } = setUp();
  for (let i = 0; i < 10; i++) failing.lost({ tier: int8, provider });
  expect(failing.failed({ tier: int8, provider })).toBe(false);
  expect(failing.demotions()).toEqual([]);
});
