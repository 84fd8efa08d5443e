import type { Golden } from '../catalog/golden.js';
import type { Delta, Model } from '../catalog/schema.js';
import type { LocalTier } from '../catalog/tier.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import type { Clock } from '../ports/clock.js';
import type { GoldenSource } from '../ports/golden-source.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type { SelfTestKey, SelfTestRecord, SelfTestRecords, SelfTestVerdict } from '../ports/self-test-records.js';
import type { Demotion } from '../recommend/reasons.js';
import { engineDelta } from './engine-model.js';
import { examineProvider } from './examine-provider.js';

const FORMAT = 1;
/** The provider that others are compared with. */
const REFERENCE_PROVIDER = 'cpu';

export interface SelfTestAsk {
  /** Loaded, and not yet offered to anybody. */
  readonly session: EngineSession;
  readonly tier: LocalTier;
  readonly provider: string;
  /** Loads the same variant on `cpu`, in a worker of its own; asked for at most once, for another provider only. */
  readonly openReference: () => Promise<EngineSession>;
  readonly signal?: AbortSignal | undefined;
}

export interface SelfTest {
  /** The verdict on a variant and provider: what is remembered of this device, or else from a test made now. */
  verify(ask: SelfTestAsk): Promise<SelfTestVerdict>;
  /** Tests whatever is remembered, and remembers the new verdict. */
  verifyAnew(ask: SelfTestAsk): Promise<SelfTestVerdict>;
  /** Providers known to answer wrongly on this device. */
  demotions(): Promise<readonly Demotion[]>;
}

/**
 * Finds out whether a provider answers rightly the first time a variant runs on it, and remembers it: a session that
 * starts proves nothing about its output.
 */
export function createSelfTest({
  records,
  golden: source,
  store,
  clock,
  environment,
  onFailure,
}: {
  records: SelfTestRecords;
  golden: GoldenSource;
  store: ModelStore;
  clock: Pick<Clock, 'wallMs'>;
  environment: Pick<SelfTestKey, 'runtimeVersion' | 'cpu'>;
  onFailure: (error: unknown) => void;
}): SelfTest {
  let remembered: Promise<Map<string, SelfTestRecord>> | undefined;

  /** Verdicts of this device, read once. */
  const known = (): Promise<Map<string, SelfTestRecord>> =>
    (remembered ??= records.list().then(
      (all) => new Map(all.filter(isOurs).map((record) => [nameOf(record), record])),
      (error: unknown) => {
        onFailure(error);
        return new Map();
      },
    ));

  const isOurs = ({ runtimeVersion, cpu, format }: SelfTestRecord): boolean =>
    runtimeVersion === environment.runtimeVersion && cpu === environment.cpu && format === FORMAT;

  const keep = async (record: SelfTestRecord): Promise<void> => {
    (await known()).set(nameOf(record), record);
    // A disk that cannot be written costs a test at the next start, not this answer.
    await records.put(record).catch(onFailure);
  };

  const verifyAnew = async (ask: SelfTestAsk): Promise<SelfTestVerdict> => {
    const { tier, provider } = ask;
    const golden = await goldenOf(tier.model, source, onFailure);
    const verdict = await examine(ask, golden, store);
    const variantId = tier.variant.weights.sha256;
    const record = { variantId, provider, ...environment, format: FORMAT, verdict, testedAtWallMs: clock.wallMs() };
    // Golden data that could not be read may be there next time.
    if (tier.model.golden && !golden && verdict.kind === 'passed') (await known()).set(nameOf(record), record);
    else await keep(record);
    return verdict;
  };

  return {
    async verify(ask) {
      const variantId = ask.tier.variant.weights.sha256;
      const record = (await known()).get(nameOf({ variantId, provider: ask.provider }));
      return record?.verdict ?? verifyAnew(ask);
    },
    verifyAnew,
    async demotions() {
      return [...(await known()).values()].flatMap(({ variantId, provider, verdict }) =>
        verdict.kind === 'failed' ? [{ variantId, provider, reason: verdict.reason }] : [],
      );
    },
  };
}

/** @throws ProviderWrongError when the verdict is that the provider answers wrongly */
export function requirePassed(verdict: SelfTestVerdict, { model, variant }: LocalTier, provider: string): void {
  if (verdict.kind === 'passed') return;
  throw new ProviderWrongError({
    message: `${model.id} ${variant.dtype} answers wrongly with ${provider}: ${verdict.reason}.`,
    hint: 'It is not used with this provider; `terrace doctor` tests it again.',
    facts: { model: model.id, variant: variant.dtype, provider, ...verdict.numbers },
  });
}

async function examine(
  { session, tier, provider, openReference, signal }: SelfTestAsk,
  golden: Golden | undefined,
  store: ModelStore,
): Promise<SelfTestVerdict> {
  const hasReference = provider !== REFERENCE_PROVIDER && tier.variant.providers.includes(REFERENCE_PROVIDER);
  const reference = hasReference && (tier.delta || !golden) ? await openReference() : undefined;
  try {
    const delta = reference && hasDelta(tier) ? await engineDelta(tier, store) : undefined;
    return await examineProvider({ session, tier, golden, reference, delta, signal });
  } finally {
    await reference?.release();
  }
}

const hasDelta = (tier: LocalTier): tier is LocalTier & { readonly delta: Delta } => tier.delta !== undefined;

/** Without its golden data a model is tested as one that has none: a lost file takes no answer away. */
async function goldenOf(
  model: Model,
  source: GoldenSource,
  onFailure: (error: unknown) => void,
): Promise<Golden | undefined> {
  if (!model.golden) return undefined;
  try {
    const golden = await source.golden(model.golden);
    return Object.hasOwn(golden.embeddings, model.id) ? golden : undefined;
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}

const nameOf = ({ variantId, provider }: Pick<SelfTestKey, 'variantId' | 'provider'>): string =>
  `${variantId} ${provider}`;
