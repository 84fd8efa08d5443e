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
  selfTest: Pick<SelfTest, 'verify'>;
  engine: ModelEngine;
  store: ModelStore;
}): Inspect {
  return async ({ session, tier, provider }) => {
    const openReference = async (): Promise<EngineSession> =>
      engine.load(await engineModel(tier, { store, provider: 'cpu', expectedRunMs: Infinity }));
    requirePassed(await selfTest.verify({ session, tier, provider, openReference }), tier, provider);
  };
}
