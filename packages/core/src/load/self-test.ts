import type { LocalTier } from '../catalog/tier.js';
import { ProviderWrongError } from '../errors/provider-wrong-error.js';
import type { Clock } from '../ports/clock.js';
import type { GoldenSource } from '../ports/golden-source.js';
import type { ModelStore } from '../ports/model-store.js';
import type {
  Outrun,
  ReferenceProvider,
  SelfTestKey,
  SelfTestRecord,
  SelfTestRecords,
  SelfTestVerdict,
} from '../ports/self-test-records.js';
import type { Demotion, Measurement } from '../recommend/reasons.js';
import type { ExaminerModule, SelfTestAsk, Tested } from './examine-tier.js';

const FORMAT = 1;

type Environment = Pick<SelfTestKey, 'runtimeVersion' | 'cpu'>;

export interface SelfTest {
  /** The provider that others are compared with. */
  readonly reference: ReferenceProvider;
  /**
   * The verdict on a variant and provider: what is remembered of this device, or else from a test made now. One that was
   * outrun is tested to the end: it is wanted all the same.
   */
  verify(ask: SelfTestAsk): Promise<SelfTestVerdict>;
  /** Tests whatever is remembered, and remembers the new verdict. */
  verifyAnew(ask: SelfTestAsk): Promise<SelfTestVerdict>;
  /** The same, but gives it up as outrun when even a short text takes longer than `outrunAboveMs`. */
  race(ask: SelfTestAsk & { readonly outrunAboveMs: number }): Promise<SelfTestVerdict | Outrun>;
  /** Providers known to answer wrongly on this device. */
  demotions(): Promise<readonly Demotion[]>;
  /** What variants have taken with providers on this device, those with wrong answers left out. */
  measurements(): Promise<readonly Measurement[]>;
}

/**
 * Finds out whether a provider answers rightly the first time a variant runs on it, and remembers it: a session that
 * starts proves nothing about its output.
 */
export function createSelfTest({
  records,
  loadExaminer,
  golden,
  store,
  clock,
  reference,
  environment,
  onFailure,
}: {
  records: SelfTestRecords;
  /** Loads what tests, when something must be tested. */
  loadExaminer: () => Promise<ExaminerModule>;
  golden: GoldenSource;
  store: ModelStore;
  clock: Pick<Clock, 'wallMs'>;
  reference: ReferenceProvider;
  /** What verdicts hold for; it may still be asked of a device that answers late. */
  environment: Environment | Promise<Environment>;
  onFailure: (error: unknown) => void;
}): SelfTest {
  let remembered: Promise<Map<string, SelfTestRecord>> | undefined;

  /** Verdicts of this device, read once. */
  const known = (): Promise<Map<string, SelfTestRecord>> =>
    (remembered ??= Promise.all([records.list(), environment]).then(
      ([all, { runtimeVersion, cpu }]) => {
        const isOurs = (record: SelfTestRecord): boolean =>
          record.runtimeVersion === runtimeVersion && record.cpu === cpu && record.format === FORMAT;
        return new Map(all.filter(isOurs).map((record) => [nameOf(record), record]));
      },
      (error: unknown) => {
        onFailure(error);
        return new Map();
      },
    ));

  const keep = async (record: SelfTestRecord): Promise<void> => {
    (await known()).set(nameOf(record), record);
    // A disk that cannot be written costs a test at the next start, not this answer.
    await records.put(record).catch(onFailure);
  };

  const remember = async <T extends SelfTestRecord['verdict']>(
    { tier, provider }: SelfTestAsk,
    { verdict, runMs, isLasting }: Tested<T>,
  ): Promise<T> => {
    const variantId = tier.variant.weights.sha256;
    const testedAtWallMs = clock.wallMs();
    const record = { variantId, provider, ...(await environment), format: FORMAT, verdict, runMs, testedAtWallMs };
    if (isLasting) await keep(record);
    else (await known()).set(nameOf(record), record);
    return verdict;
  };

  const ports = { golden, store, reference, onFailure };

  const verifyAnew = async (ask: SelfTestAsk): Promise<SelfTestVerdict> => {
    const { examineTier } = await loadExaminer();
    return remember(ask, await examineTier({ ...ask, ...ports }));
  };

  return {
    reference,
    async verify(ask) {
      const variantId = ask.tier.variant.weights.sha256;
      const verdict = (await known()).get(nameOf({ variantId, provider: ask.provider }))?.verdict;
      return verdict && verdict.kind !== 'outrun' ? verdict : verifyAnew(ask);
    },
    verifyAnew,
    async race(ask) {
      const { raceTier } = await loadExaminer();
      return remember(ask, await raceTier({ ...ask, ...ports }));
    },
    async demotions() {
      return [...(await known()).values()].flatMap(({ variantId, provider, verdict }) =>
        verdict.kind === 'failed' ? [{ kind: 'wrong', variantId, provider, reason: verdict.reason }] : [],
      );
    },
    async measurements() {
      return [...(await known()).values()].flatMap(({ variantId, provider, verdict, runMs }) =>
        verdict.kind === 'failed' || runMs === undefined ? [] : [{ variantId, provider, runMs }],
      );
    },
  };
}

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

const nameOf = ({ variantId, provider }: Pick<SelfTestKey, 'variantId' | 'provider'>): string =>
  `${variantId} ${provider}`;
