import { variantIdOf } from '../catalog/tier.js';
import type { Clock } from '../ports/clock.js';
import type { GoldenSource } from '../ports/golden-source.js';
import type { ModelEngine } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import type {
  Outrun,
  ReferenceProvider,
  SelfTestRecord,
  SelfTestRecords,
  SelfTestVerdict,
} from '../ports/self-test-records.js';
import { isReference } from '../recommend/providers.js';
import type { Demotion, Measurement } from '../recommend/reasons.js';
import type { ExaminerModule, SelfTestAsk } from './examine-tier.js';
import type { Inspect } from './loader.js';
import { FORMAT, nameOf, type Environment } from './remember-verdict.js';

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
  /**
   * Lets a session pass that answers rightly, and about as fast as was predicted where that is all that is known of it.
   * @throws ProviderWrongError for any other
   */
  inspect(loaded: Parameters<Inspect>[0], engine: ModelEngine): Promise<void>;
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

  const ports = { golden, store, reference, onFailure, memory: { known, records, environment, clock, onFailure } };

  const verdictOn = async ({ tier, provider }: Pick<SelfTestAsk, 'tier' | 'provider'>) =>
    (await known()).get(nameOf({ variantId: variantIdOf(tier), provider }));

  const selfTest: SelfTest = {
    reference,
    async verify(ask) {
      const verdict = (await verdictOn(ask))?.verdict;
      return verdict && verdict.kind !== 'outrun' ? verdict : selfTest.verifyAnew(ask);
    },
    verifyAnew: async (ask) => (await loadExaminer()).examineTier({ ...ask, ...ports }),
    race: async (ask) => (await loadExaminer()).raceTier({ ...ask, ...ports }),
    async inspect(loaded, engine) {
      const record = await verdictOn(loaded);
      const isFastEnough = isReference(loaded.provider) || record?.runMs !== undefined;
      if (record?.verdict.kind === 'passed' && isFastEnough) return;
      await (await loadExaminer()).inspectSession({ ...loaded, selfTest, engine, store });
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
  return selfTest;
}
