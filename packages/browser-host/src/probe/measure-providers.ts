import { ratesFromTimings, type Clock, type ProbeTimings } from '@terrace/core';
import type { BrowserProvider } from '../engine/protocol.js';
import { briefly } from './briefly.js';
import type { ProviderRates } from './provider-rates.js';

/** Loading ONNX Runtime over a slow line; a driver that compiles shaders. */
const MEASURING_MS = 60_000;

export interface Measuring {
  /** Those whose rates are only estimated. */
  readonly providers: readonly BrowserProvider[];
  readonly ratesOf: (provider: BrowserProvider) => ProviderRates;
  readonly measure: (provider: BrowserProvider, signal: AbortSignal) => Promise<ProbeTimings>;
  /** Takes the reason of a provider that fails. */
  readonly failures: Map<BrowserProvider, string>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Measures providers, one after the other. @returns whether there is anything new */
export async function measureProviders({ providers, ratesOf, measure, failures, clock }: Measuring): Promise<boolean> {
  let isNew = false;
  for (const provider of providers) {
    const rates = ratesOf(provider);
    try {
      const timings = await inTime(clock, (signal) => measure(provider, signal));
      isNew = (await rates.keep(ratesFromTimings(timings))) || isNew;
    } catch (error) {
      failures.set(provider, briefly(error));
      isNew ||= provider === 'webgpu';
    }
  }
  return isNew;
}

async function inTime<T>(clock: Pick<Clock, 'sleep'>, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = new AbortController();
  const wait = async (): Promise<void> => {
    await clock.sleep(MEASURING_MS, over.signal);
    late.abort(new Error(`no answer within ${MEASURING_MS / 1000} s`));
  };
  void wait();
  try {
    return await work(late.signal);
  } finally {
    over.abort();
  }
}
