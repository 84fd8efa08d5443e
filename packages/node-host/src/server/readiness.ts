import { NoTierFitsError, type Catalog, type Clock } from '@terrace/core';
import type { AskedRuntime } from './server-context.js';

const TRY_AGAIN_MS = 5000;

export interface Readiness {
  isReady(): boolean;
  /** Resolves when it no longer asks the runtime anything. */
  readonly ended: Promise<void>;
}

/**
 * Runs the lightest model of a catalog once, so that the first request need not wait for it. A catalog with nothing that
 * fits this device is ready at once: its tiers are elsewhere.
 */
export function startReadiness({
  runtime,
  isCached,
  catalog,
  clock,
  signal,
}: {
  runtime: AskedRuntime;
  /** Whether that has a cache: what it remembers loads no model. */
  isCached: boolean;
  catalog: Catalog;
  clock: Clock;
  signal: AbortSignal;
}): Readiness {
  const policy = catalog.ladders[0]?.models[0];
  let ready = policy === undefined;
  const warm = async (): Promise<void> => {
    while (!ready && !signal.aborted) {
      try {
        await runtime.run(
          { task: 'feature-extraction', text: 'ready', policy, residency: 'device', ...(isCached && { cache: 'off' }) },
          { signal },
        );
        ready = true;
      } catch (error) {
        if (NoTierFitsError.isInstance(error)) ready = true;
        else await clock.sleep(TRY_AGAIN_MS, signal);
      }
    }
  };
  return { isReady: () => ready, ended: warm() };
}
