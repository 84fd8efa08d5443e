import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  parseRequest,
  recommend,
  requirementsOf,
  TerraceError,
  type Catalog,
  type DeviceProfile,
  type Recommendation,
  type RequestInput,
  type SelfTestKey,
  type SelfTestVerdict,
} from '@terrace/core';
import type { DeploymentSettings } from '@terrace/core/deploy';
import { nodeProbe } from '../../create-node-runtime.js';
import { checkDeployment } from '../../deploy/check-deployment.js';
import { readDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { inspectLedger, type LedgerState } from '../../ledger/inspect-ledger.js';
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
  /** Before anything is put right. */
  ledger(): Promise<LedgerState>;
  /** Whoever opens a damaged ledger sets it aside: it is not looked into before somebody has put it right. */
  isLedgerDamaged(): Promise<boolean>;
  /** As it is set up, with the models that are here; undefined where there is none. @throws InvalidDataError */
  deployment(): Promise<DeploymentSettings | undefined>;
}

/** One thing that can be wrong. What it throws is a problem, and the checks after it go on. */
export interface Check {
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<Finding[]>;
}

export function createContext(flags: DoctorFlags, signal: AbortSignal): CheckContext {
  const settings = once(() => readSettings(flags));
  const fix = flags.fix === true;
  const folders = once(async () => {
    const found = await settings();
    const fetcher = await openFetcher(found);
    const { models: shipped, requireSignatures } = found;
    return openModelFolders({ shipped, added: addedModels(found), fetcher, requireSignatures });
  });
  const ledger = once(async () => inspectLedger(join((await settings()).home, 'ledger.db')));
  return {
    signal,
    fix,
    settings,
    folders,
    ledger,
    isLedgerDamaged: async () => !fix && (await ledger()).damage.length > 0,
    deployment: once(async () => {
      const file = deploymentFileOf((await settings()).home);
      return existsSync(file) ? checkDeployment(await readDeployment(file), (await folders()).current()) : undefined;
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

/** What cannot be looked into for a reason that is reported already. */
export const blocked = (name: string, before: string): Finding => ({
  name,
  state: 'warning',
  found: `not checked, because of the problem with: ${before}`,
  fix: `Fix "${before}" first.`,
});

/** What went on in spite of an error. */
export function toWarning(name: string, error: unknown): Finding {
  const found = error instanceof Error ? error.message : String(error);
  return { name, state: 'warning', found, ...(TerraceError.isInstance(error) && { fix: error.hint }) };
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
