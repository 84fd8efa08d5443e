import {
  parseRequest,
  recommend,
  requirementsOf,
  type Catalog,
  type DeviceProfile,
  type Recommendation,
  type RequestInput,
  type SelfTestKey,
  type SelfTestVerdict,
} from '@terrace/core';
import { nodeProbe } from '../../create-node-runtime.js';
import { openModelFolders, type ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { systemClock } from '../../system-clock.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { addedModels } from './models-catalog.js';

/** What one check found, in words, and what to do about it when it is not as it should be. */
export interface Finding {
  readonly name: string;
  /** `fixed`: it was wrong, and `--fix` put it right. */
  readonly state: 'ok' | 'warning' | 'problem' | 'fixed';
  readonly found: string;
  /** What to do, or what was done. */
  readonly fix?: string;
  /** The numbers behind it, where a provider was tested. */
  readonly selfTest?: SelfTestVerdict & Pick<SelfTestKey, 'provider' | 'runtimeVersion'> & { readonly variant: string };
}

export interface DoctorFlags extends GlobalFlags {
  readonly fix?: boolean;
}

/** What checks share. Each is made when first asked for, and once: a failure is the same error for all who ask. */
export interface CheckContext {
  readonly signal: AbortSignal;
  /** Whether what is wrong is put right; without it a check changes nothing. */
  readonly fix: boolean;
  settings(): Promise<Settings>;
  folders(): Promise<ModelFolders>;
  profile(): Promise<DeviceProfile>;
}

/** One thing that can be wrong. What it throws is a problem, and the checks after it go on. */
export interface Check {
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<Finding[]>;
}

export function createContext(flags: DoctorFlags, signal: AbortSignal): CheckContext {
  const settings = once(() => readSettings(flags));
  return {
    signal,
    fix: flags.fix === true,
    settings,
    folders: once(async () => {
      const found = await settings();
      const fetcher = await openFetcher(found);
      const { models: shipped, requireSignatures } = found;
      return openModelFolders({ shipped, added: addedModels(found), fetcher, requireSignatures });
    }),
    profile: once(async () => {
      const { home, memoryBytes } = await settings();
      return nodeProbe({ home, clock: systemClock, memoryBytes, remeasure: true }).profile({ signal });
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/**
 * What the recommender makes of this device for a request, whatever was measured or calibrated before.
 * @throws NoTierFitsError
 */
export async function rank(
  { profile, settings }: CheckContext,
  catalog: Catalog,
  ask: Pick<RequestInput, 'domain' | 'task'>,
): Promise<Recommendation> {
  const requirements = requirementsOf(parseRequest({ text: 'a request', ...ask }));
  return recommend({
    requirements,
    profile: await profile(),
    catalog,
    calibration: undefined,
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: (await settings()).memoryBytes,
    failed: new Set(),
  });
}
