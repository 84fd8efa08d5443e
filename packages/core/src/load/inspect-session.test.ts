import { expect, it } from 'vitest';
import type { LocalTier } from '../catalog/tier.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import { exampleModel } from '../testing/example-catalog.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createFakeEngine, type FakeModel } from '../testing/fake-engine.js';
import { createFakeSelfTestRecords } from '../testing/fake-self-test-records.js';
import { createFakeStore } from '../testing/fake-store.js';
import { createLoader } from './loader.js';
import { examineTier, raceTier } from './examine-tier.js';
import { inspectSession } from './inspect-session.js';
import { createSelfTest } from './self-test.js';

function setUp(base: FakeModel) {
  const model = exampleModel({ id: 'base' });
  const tier: LocalTier = {
    kind: 'local',
    id: 'base',
    placement: 'device',
    model,
    variant: model.variants[0]!,
    delta: undefined,
  };
  const engine = createFakeEngine({ models: { base } });
  const store = createFakeStore();
  const selfTest = createSelfTest({
    loadExaminer: async () => ({ examineTier, raceTier, inspectSession }),
    records: createFakeSelfTestRecords(),
    golden: { golden: () => Promise.reject(new Error('there is none')) },
    store,
    clock: createFakeClock(),
    reference: 'cpu',
    environment: { runtimeVersion: '1.30.0', cpu: 'Example CPU' },
    onFailure: () => undefined,
  });
  const loader = createLoader({
    engine,
    store,
    onLoad: () => undefined,
    inspect: (loaded) => selfTest.inspect(loaded, engine),
  });
  const acquire = () => loader.acquire(tier, { provider: 'cpu', expectedRunMs: 1 });
  return { engine, loader, selfTest, tier, acquire };
}

it('a session that answers rightly is tested once and then offered', async () => {
  const { engine, acquire, loader, tier } = setUp({});
  (await acquire()).done();
  const tested = engine.runs.length;
  expect(tested).toBeGreaterThan(1);
  loader.discard(tier);
  (await acquire()).done();
  expect(engine.loads).toHaveLength(2);
  expect(engine.runs).toHaveLength(tested);
});

it('a session that answers wrongly is let go, never offered, and its provider is demoted', async () => {
  const { engine, acquire, loader, selfTest, tier } = setUp({ vector: () => [3, 4] });
  const error: unknown = await acquire().catch((caught: unknown) => caught);
  expect(ProviderWrongError.isInstance(error)).toBe(true);
  expect(engine.released).toEqual([tier.variant.weights.sha256]);
  expect(loader.isLoaded(tier)).toBe(false);
  expect(await selfTest.demotions()).toMatchObject([{ provider: 'cpu', reason: expect.stringContaining('length') }]);
});
