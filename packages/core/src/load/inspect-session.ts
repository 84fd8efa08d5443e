import { variantIdOf, type LocalTier } from '../catalog/tier.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import type { EngineSession, ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { ReferenceProvider, SelfTestVerdict } from '../ports/self-test-records.js';
import { isReference } from '../recommend/providers.js';
import { milliseconds } from '../recommend/reasons.js';
import { engineModel } from './engine-model.js';
import type { Inspect } from './loader.js';
import type { SelfTest } from './self-test.js';

/** A run that takes so many times what was predicted is not waited for: a self-test makes some twenty of them. */
const HOPELESS = 10;
/** Shorter ones are: they are over in a second or two. */
const WORTH_WAITING_MS = 100;

/**
 * What `SelfTest.inspect` does about a session of which it does not know that it may be offered.
 * @throws ProviderWrongError when it may not
 */
export async function inspectSession({
  session,
  tier,
  provider,
  expectedRunMs,
  ...ports
}: Parameters<Inspect>[0] & {
  readonly selfTest: Pick<SelfTest, 'verify' | 'race' | 'measurements' | 'reference'>;
  readonly engine: ModelEngine;
  readonly store: ModelStore;
}): Promise<void> {
  const { selfTest } = ports;
  const open = referenceOpener(ports);
  const ask = { session, tier, provider, openReference: (): Promise<EngineSession> => open(tier) };
  const outrunAboveMs = Math.max(HOPELESS * expectedRunMs, WORTH_WAITING_MS);
  const isMeasured = (await selfTest.measurements()).some(
    (each) => each.variantId === variantIdOf(tier) && each.provider === provider,
  );
  const verdict =
    isReference(provider) || isMeasured ? await selfTest.verify(ask) : await selfTest.race({ ...ask, outrunAboveMs });
  if (verdict.kind === 'outrun') throw tooSlow(tier, provider, expectedRunMs);
  requirePassed(verdict, tier, { provider, reference: selfTest.reference });
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

/** @throws ProviderWrongError when the verdict is that the provider answers wrongly */
export function requirePassed(
  verdict: SelfTestVerdict,
  { model, variant }: LocalTier,
  { provider, reference }: { provider: string; reference: ReferenceProvider },
): void {
  if (verdict.kind === 'passed') return;
  throw new ProviderWrongError({
    message: `${model.id} ${variant.dtype} answers wrongly with ${provider}: ${verdict.reason}.`,
    hint: `It is not used with this provider; ${TESTED_AGAIN[reference]}.`,
    facts: { model: model.id, variant: variant.dtype, provider, ...verdict.numbers },
  });
}

const TESTED_AGAIN: Readonly<Record<ReferenceProvider, string>> = {
  cpu: '`terrace doctor` tests it again',
  wasm: 'another version of the browser tests it again',
};
