import { join } from 'node:path';
import { InvalidRequestError, filesOf, type FileRef } from '@terrace/core';
import { installStaged, type Installed } from './install-staged.js';
import { openSource, LIMITS, type SourceFolder } from './source-folder.js';
import { stageDelta } from './stage-delta.js';
import { stageHubModel } from './stage-hub-model.js';
import { stageModel } from './stage-model.js';
import type { Staged } from './staging.js';

export interface Added extends Pick<Installed, 'replaces' | 'uncalibrated' | 'notes'> {
  readonly kind: Staged['kind'];
  readonly id: string;
  readonly folder: string;
  readonly files: readonly FileRef[];
}

/**
 * Puts a user's model or delta into the overlay.
 * @param overlay the folder of added models
 * @param shipped the folder whose models the overlay stands over
 * @throws InvalidRequestError, InvalidCatalogError, ArtifactMissingError, ArtifactCorruptError, DeltaMismatchError,
 *   StorageError
 */
export async function addModel({
  folder,
  overlay,
  shipped,
  signal,
  admit,
}: {
  folder: string;
  overlay: string;
  shipped: string;
  signal: AbortSignal;
  admit?: Parameters<typeof installStaged>[0]['admit'];
}): Promise<Added> {
  const source = await openSource(folder);
  const stage = async (root: string): Promise<Staged[]> => [await stageAny(source, root, signal)];
  const { staged, added, replaces, uncalibrated, notes } = await installStaged({
    overlay,
    shipped,
    signal,
    stage,
    admit,
  });
  const { kind, id, place } = staged[0]!;
  return { kind, id, folder: join(overlay, place), files: filesOf(added), replaces, uncalibrated, notes };
}

/** Copies what the folder holds, a model or a delta. @throws InvalidRequestError when it is neither */
export async function stageAny(source: SourceFolder, root: string, signal: AbortSignal): Promise<Staged> {
  const has = async (name: string): Promise<boolean> => (await source.find(name, LIMITS.manifest)) !== undefined;
  if (await has('model.json')) return stageModel(source, root, signal);
  if (await has('delta.json')) return stageDelta(source, root, signal);
  if (await has('config.json')) return stageHubModel(source, root, signal);
  throw new InvalidRequestError({
    message: `${source.name} holds neither model.json nor delta.json nor config.json.`,
    hint: 'Name the folder of one model or one delta, not the folder around it.',
    facts: { folder: source.name },
  });
}
