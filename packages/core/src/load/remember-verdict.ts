import { variantIdOf } from '../catalog/tier.js';
import type { Clock } from '../ports/clock.js';
import type { SelfTestKey, SelfTestRecord, SelfTestRecords } from '../ports/self-test-records.js';
import type { SelfTestAsk, Tested } from './examine-tier.js';

export const FORMAT = 1;

export type Environment = Pick<SelfTestKey, 'runtimeVersion' | 'cpu'>;

/** Verdicts of this device, and where they are kept for later processes. */
export interface VerdictMemory {
  readonly known: () => Promise<Map<string, SelfTestRecord>>;
  readonly records: Pick<SelfTestRecords, 'put'>;
  readonly environment: Environment | Promise<Environment>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly onFailure: (error: unknown) => void;
}

/** @returns the verdict */
export async function rememberVerdict<T extends SelfTestRecord['verdict']>(
  { tier, provider }: Pick<SelfTestAsk, 'tier' | 'provider'>,
  { verdict, runMs, isLasting }: Tested<T>,
  { known, records, environment, clock, onFailure }: VerdictMemory,
): Promise<T> {
  const variantId = variantIdOf(tier);
  const testedAtWallMs = clock.wallMs();
  const record = { variantId, provider, ...(await environment), format: FORMAT, verdict, runMs, testedAtWallMs };
  (await known()).set(nameOf(record), record);
  // A disk that cannot be written costs a test at the next start, not this answer.
  if (isLasting) await records.put(record).catch(onFailure);
  return verdict;
}

export const nameOf = ({ variantId, provider }: Pick<SelfTestKey, 'variantId' | 'provider'>): string =>
  `${variantId} ${provider}`;
