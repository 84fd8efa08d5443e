import { join } from 'node:path';
import type { Calibration, Delta, Domain, FileRef } from '@terrace/core';
import { openModelFolders, type ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { describeError, warn } from '../output.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';

export interface OpenCatalog {
  readonly settings: Settings;
  readonly folders: ModelFolders;
}

/** The folder of models that a user added. */
export const addedModels = ({ home }: Settings): string => join(home, 'models');

/**
 * The merged catalog that the flags point at; what can be lived with is a warning.
 * @throws InvalidCatalogError, ArtifactMissingError
 */
export async function openCatalog(flags: GlobalFlags): Promise<OpenCatalog> {
  const settings = await readSettings(flags);
  const fetcher = await openFetcher(settings);
  const folders = await openModelFolders({ shipped: settings.models, added: addedModels(settings), fetcher });
  for (const warning of [...settings.warnings, ...folders.warnings]) warn(warning);
  return { settings, folders };
}

/** Where an entry comes from: the folder that ships with Terrace, or the user's own. */
export function originOf(
  { folders }: ModelFolders,
  { path, sha256 }: FileRef,
): { origin: 'shipped' | 'added'; folder: string } {
  const holds = ({ catalog }: ModelFolders['folders'][number]): boolean =>
    [
      ...catalog.models.flatMap(({ variants }) => variants.map(({ weights }) => weights)),
      ...catalog.deltas.map(({ head }) => head),
    ].some((file) => file.path === path && file.sha256 === sha256);
  const index = Math.max(0, folders.findLastIndex(holds));
  return { origin: index === 0 ? 'shipped' : 'added', folder: folders[index]!.path };
}

/** Size of what a delta adds to its base, in bytes. */
export const deltaBytes = ({ head, adapter, adapterConfig }: Delta): number =>
  head.bytes + (adapter?.bytes ?? 0) + (adapterConfig?.bytes ?? 0);

export type CalibrationSummary =
  | { readonly rows: number; readonly outOfScopeRows: number; readonly ladders: Calibration['ladders'] }
  | { readonly error: ReturnType<typeof describeError> };

/** Undefined without a calibration; one that cannot be read is an error in its place, not the end of the listing. */
export async function summarizeCalibration(
  folders: ModelFolders,
  { id, calibration }: Domain,
): Promise<CalibrationSummary | undefined> {
  if (!calibration) return undefined;
  try {
    const read = await folders.calibration(id);
    return read && { rows: read.data.rows, outOfScopeRows: read.data.outOfScopeRows, ladders: read.ladders };
  } catch (error) {
    return { error: describeError(error) };
  }
}

/** Enough of a hash to tell two apart at a glance. */
export const short = (sha256: string): string => sha256.slice(0, 12);
