import type { LocalTier } from '../catalog/tier.js';
import type { EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineModel } from './engine-model.js';
import type { Inspect } from './loader.js';
import { requirePassed, type SelfTest } from './self-test.js';

/**
 * Lets the loader offer sessions only that passed the self-test.
 * @returns an inspection that throws ProviderWrongError
 */
export function trustedSessions({
  selfTest,
  engine,
  store,
}: {
  selfTest: Pick<SelfTest, 'verify' | 'reference'>;
  engine: ModelEngine;
  store: ModelStore;
}): Inspect {
  const open = referenceOpener({ selfTest, engine, store });
  return async ({ session, tier, provider }) => {
    const openReference = (): Promise<EngineSession> => open(tier);
    requirePassed(await selfTest.verify({ session, tier, provider, openReference }), tier, {
      provider,
      reference: selfTest.reference,
    });
  };
}

/** Loads a variant on the reference provider, in a worker of its own whatever its speed. */
export function referenceOpener({
  selfTest: { reference: provider },
  engine,
  store,
}: {
  selfTest: Pick<SelfTest, 'reference'>;
  engine: ModelEngine;
  store: ModelStore;
}): (tier: LocalTier, signal?: AbortSignal) => Promise<EngineSession> {
  return async (tier, signal) => {
    const options = signal && { signal };
    return engine.load(await engineModel(tier, { store, provider, expectedRunMs: Infinity, ...options }), options);
  };
}
