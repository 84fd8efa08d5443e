import { variantIdOf, type LocalTier } from '../catalog/tier.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import type { EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { isReference } from '../recommend/providers.js';
import { milliseconds } from '../recommend/reasons.js';
import { engineModel } from './engine-model.js';
import type { Inspect } from './loader.js';
import { requirePassed, type SelfTest } from './self-test.js';

/** A run that takes so many times what was predicted is not waited for: a self-test makes some twenty of them. */
const HOPELESS = 10;
/** Shorter ones are: they are over in a second or two. */
const WORTH_WAITING_MS = 100;

/**
 * Lets the loader offer sessions only that passed the self-test, and that are about as fast as was predicted where that
 * is all that is known of them.
 * @returns an inspection that throws ProviderWrongError
 */
export function trustedSessions({
  selfTest,
  engine,
  store,
}: {
  selfTest: Pick<SelfTest, 'verify' | 'race' | 'measurements' | 'reference'>;
  engine: ModelEngine;
  store: ModelStore;
}): Inspect {
  const open = referenceOpener({ selfTest, engine, store });
  const isMeasured = async (tier: LocalTier, provider: string): Promise<boolean> =>
    (await selfTest.measurements()).some((each) => each.variantId === variantIdOf(tier) && each.provider === provider);
  return async ({ session, tier, provider, expectedRunMs }) => {
    const ask = { session, tier, provider, openReference: (): Promise<EngineSession> => open(tier) };
    const outrunAboveMs = Math.max(HOPELESS * expectedRunMs, WORTH_WAITING_MS);
    const verdict =
      isReference(provider) || (await isMeasured(tier, provider))
        ? await selfTest.verify(ask)
        : await selfTest.race({ ...ask, outrunAboveMs });
    if (verdict.kind === 'outrun') throw tooSlow(tier, provider, expectedRunMs);
    requirePassed(verdict, tier, { provider, reference: selfTest.reference });
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

const tooSlow = ({ model, variant }: LocalTier, provider: string, expectedRunMs: number): ProviderWrongError =>
  new ProviderWrongError({
    message: `${model.id} ${variant.dtype} is far slower with ${provider} than the ${milliseconds(expectedRunMs)} a run that were predicted.`,
    hint: 'Nothing is left to do: plans know it from now on.',
    facts: { model: model.id, variant: variant.dtype, provider },
  });
