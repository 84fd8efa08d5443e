import {
  parseRequest,
  recommend,
  type Catalog,
  type DeviceProfile,
  type Recommendation,
  type RequestInput,
} from '@terrace/core';
import { nodeProbe } from '../../create-node-runtime.js';
import { openModelFolders, type ModelFolders } from '../../store/catalog/model-folders.js';
import { systemClock } from '../../system-clock.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { addedModels } from './models-catalog.js';

/** What one check found, in words, and what to do about it when it is not as it should be. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  readonly fix?: string;
}

/** What checks share. Each is made when first asked for, and once: a failure is the same error for all who ask. */
export interface CheckContext {
  readonly signal: AbortSignal;
  settings(): Promise<Settings>;
  folders(): Promise<ModelFolders>;
  profile(): Promise<DeviceProfile>;
}

/** One thing that can be wrong. What it throws is a problem, and the checks after it go on. */
export interface Check {
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<Finding[]>;
}

export function createContext(flags: GlobalFlags, signal: AbortSignal): CheckContext {
  const settings = once(() => readSettings(flags));
  return {
    signal,
    settings,
    folders: once(async () => {
      const found = await settings();
      return openModelFolders({ shipped: found.models, added: addedModels(found) });
    }),
    profile: once(async () => {
      const { home, memoryBytes } = await settings();
      return nodeProbe({ home, clock: systemClock, memoryBytes }).profile({ signal });
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
  const { text: _, textBytes: __, ...requirements } = parseRequest({ text: 'a request', ...ask });
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
