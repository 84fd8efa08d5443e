import type { MeasuredRates } from '@terrace/core';
import type { estimateRates } from './estimated-rates.js';
import type { Measuring } from './measure-providers.js';

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
  /** Takes what was measured for the rates of this visit and later ones. @returns whether it is any use */
  keep(rates: MeasuredRates): Promise<boolean>;
}

/** What makes rates, perhaps from a file of its own: a visit that finds them measured makes none. */
export interface RatesModule {
  readonly estimateRates: typeof estimateRates;
  readonly measureProviders: (measuring: Measuring) => Promise<boolean>;
}

/** A small core of a cheap phone: where nobody can tell more. */
const SLOWEST: MeasuredRates = {
  gflops: { fp32: 2.5, int8: 4.7, q4: 0.6 },
  gigabytesPerSecond: 0.9,
  overheadMs: 0.1,
};

/** Raised when other graphs are measured, or in another way. */
const FORMAT = 1;

/**
 * @param environment what the rates hold for, the provider included
 */
export function createProviderRates({
  environment,
  records,
  load,
  estimate,
}: {
  readonly environment: string;
  readonly records: RateRecords;
  readonly load: () => Promise<RatesModule>;
  readonly estimate: (module: RatesModule) => MeasuredRates;
}): ProviderRates {
  const key = `${FORMAT} ${environment}`;
  let known: Promise<KnownRates> | undefined;

  const read = async (): Promise<KnownRates> => {
    const kept = await records.read(key).catch(() => undefined);
    if (areRates(kept)) return { rates: kept, isEstimate: false };
    return { rates: await load().then(estimate, () => SLOWEST), isEstimate: true };
  };
  const find = (): Promise<KnownRates> => (known ??= read());

  return {
    find,
    async keep(rates) {
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
