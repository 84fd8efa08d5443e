import type { Catalog, Model } from '../catalog/schema.js';
import type { LocalTier } from '../catalog/tier.js';
import type { Workshop } from '../learn/workshop.js';
import { engineDelta, engineModel } from '../load/engine-model.js';
import type { EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { LocalRung } from '../recommend/choose-ladder.js';
import type { Estimate } from '../recommend/estimate.js';

export interface FakeWorkshop extends Workshop {
  /** Sessions that were borrowed and not given back. */
  readonly lent: () => number;
}

const ESTIMATE: Estimate = {
  provider: 'cpu',
  memoryBytes: 1000,
  latencyMs: 1,
  predictedMs: 1,
  p95Ms: 2,
  loadMs: 10,
  costUsd: 0,
  energyJoules: 0,
  quality: undefined,
  basis: 'predicted',
};

const rungOf = (model: Model, variant: LocalTier['variant']): LocalRung => ({
  tier: { kind: 'local', id: model.id, placement: 'device', model, variant, delta: undefined },
  estimate: ESTIMATE,
});

/** Lends sessions of an engine without a runtime: every model of the catalog, in its first variant. */
export function createFakeWorkshop({
  catalog,
  engine,
  store,
}: {
  readonly catalog: Catalog;
  readonly engine: ModelEngine;
  readonly store: ModelStore;
}): FakeWorkshop {
  const sessions = new Map<string, Promise<EngineSession>>();
  let lent = 0;
  return {
    lent: () => lent,
    rungs: async () => catalog.models.map((model) => rungOf(model, model.variants[0]!)),
    variants: async () => catalog.models.flatMap((model) => model.variants.map((variant) => rungOf(model, variant))),
    async borrow({ tier }, { delta, signal } = {}) {
      signal?.throwIfAborted();
      const options = { store, provider: ESTIMATE.provider, expectedRunMs: ESTIMATE.predictedMs };
      const opened = sessions.get(tier.id) ?? engineModel(tier, options).then((model) => engine.load(model));
      sessions.set(tier.id, opened);
      const session = await opened;
      if (delta) await session.attach(await engineDelta({ ...tier, delta }, store));
      lent++;
      return { session, done: () => void lent-- };
    },
    isIdle: () => true,
  };
}
