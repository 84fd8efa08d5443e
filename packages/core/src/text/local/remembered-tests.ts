import type { Clock } from '../../ports/clock.js';
import type { SelfTestKey, SelfTestRecords } from '../../ports/self-test-records.js';
import type { LocalTextRung } from './text-model.js';

/** Raised when more is asked of a model than before. */
const FORMAT = 1;

export interface RememberedTestsPorts {
  readonly records: SelfTestRecords;
  /** What they hold for. */
  readonly environment: () => Promise<Pick<SelfTestKey, 'runtimeVersion' | 'cpu'>>;
}

/** Which models were found to answer rightly on this device: examining one takes several runs, seconds in a page. */
export interface RememberedTests {
  has(rung: LocalTextRung): Promise<boolean>;
  keep(rung: LocalTextRung): Promise<void>;
}

/** Neither rejects: what cannot be read or kept is examined again. Of models with a delta nothing is remembered. */
export function createRememberedTests({
  records,
  environment,
  clock,
  onFailure,
}: RememberedTestsPorts & {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly onFailure: (error: unknown) => void;
}): RememberedTests {
  const keyOf = async ({ tier, estimate }: LocalTextRung): Promise<SelfTestKey> => {
    const { provider } = estimate;
    return { variantId: tier.variant.weights.sha256, provider, ...(await environment()), format: FORMAT };
  };
  return {
    async has(rung) {
      if (rung.tier.delta?.adapter) return false;
      try {
        const [kept, key] = await Promise.all([records.list(), keyOf(rung)]);
        return kept.some((record) => record.verdict.kind === 'passed' && isSame(record, key));
      } catch (error) {
        onFailure(error);
        return false;
      }
    },
    async keep(rung) {
      if (rung.tier.delta?.adapter) return;
      try {
        const basis = rung.tier.model.golden ? 'golden' : 'form';
        const verdict = { kind: 'passed', basis, numbers: {} } as const;
        await records.put({ ...(await keyOf(rung)), verdict, testedAtWallMs: clock.wallMs() });
      } catch (error) {
        onFailure(error);
      }
    },
  };
}

const isSame = (a: SelfTestKey, b: SelfTestKey): boolean =>
  a.variantId === b.variantId &&
  a.provider === b.provider &&
  a.runtimeVersion === b.runtimeVersion &&
  a.cpu === b.cpu &&
  a.format === b.format;
