import { ratesFromTimings, type MeasuredRates, type ProbeTimings } from '@terrace/core';

/** Keeps measurements between visits. */
export interface RateRecords {
  /** What was kept under this key, whatever has become of it; undefined where there is nothing. */
  read(key: string): Promise<unknown>;
  write(key: string, rates: MeasuredRates): Promise<void>;
}

interface KnownRates {
  readonly rates: MeasuredRates;
  readonly isEstimate: boolean;
}

/** The rates of a provider. */
export interface ProviderRates {
  /** As measured on this visit or an earlier one, or else estimated. */
  find(): Promise<KnownRates>;
  /**
   * Measures them, where they are only estimated.
   * @returns whether there is anything new
   */
  measure(): Promise<boolean>;
}

/** Raised when other graphs are measured, or in another way. */
const FORMAT = 1;

/**
 * @param environment what the rates hold for, the provider included
 * @param measure rejects where the provider does not work
 */
export function createProviderRates({
  environment,
  records,
  measure,
  estimate,
}: {
  readonly environment: string;
  readonly records: RateRecords;
  readonly measure: () => Promise<ProbeTimings>;
  readonly estimate: () => MeasuredRates;
}): ProviderRates {
  const key = `${FORMAT} ${environment}`;
  let known: Promise<KnownRates> | undefined;

  const read = async (): Promise<KnownRates> => {
    const kept = await records.read(key).catch(() => undefined);
    return areRates(kept) ? { rates: kept, isEstimate: false } : { rates: estimate(), isEstimate: true };
  };
  const find = (): Promise<KnownRates> => (known ??= read());

  return {
    find,
    async measure() {
      if (!(await find()).isEstimate) return false;
      const rates = ratesFromTimings(await measure());
      if (!areRates(rates)) return false;
      known = Promise.resolve({ rates, isEstimate: false });
      // What cannot be kept is measured again at the next visit.
      await records.write(key, rates).catch(() => undefined);
      return true;
    },
  };
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity;

function areRates(value: unknown): value is MeasuredRates {
  if (typeof value !== 'object' || value === null) return false;
  const { gflops, gigabytesPerSecond, overheadMs } = value as Partial<MeasuredRates>;
  const { fp32, int8, q4 } = (gflops ?? {}) as Partial<MeasuredRates['gflops']>;
  return [fp32, int8, q4, gigabytesPerSecond, overheadMs].every(isPositive);
}
