import { join } from 'node:path';
import type { Delta } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import { openModelFolders, type ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { NodeRevisions } from '../../store/revisions/node-revisions.js';
import { TextRevisions } from '../../store/revisions/text-revisions.js';
import { systemClock } from '../../system-clock.js';
import { warn } from '../output.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { addedModels } from './models-catalog.js';

/** What commands need that ask no model anything. */
export interface DeltaStore {
  readonly settings: Settings;
  readonly revisions: NodeRevisions;
  /** Of what generates text. */
  readonly texts: TextRevisions;
  /** What is on the disk now. */
  folders(): Promise<ModelFolders>;
}

/** @throws InvalidCatalogError, ArtifactMissingError */
export async function openDeltaStore(flags: GlobalFlags): Promise<DeltaStore> {
  const settings = await readSettings(flags);
  for (const warning of settings.warnings) warn(warning);
  const { home, requireSignatures } = settings;
  const fetcher = await openFetcher(settings);
  // Also where signatures are required: what is in force without one can then be taken back.
  const folders = () => openModelFolders({ shipped: settings.models, added: addedModels(settings), fetcher });
  const options = { home, folders, clock: systemClock, requireSignatures };
  return { settings, revisions: new NodeRevisions(options), texts: new TextRevisions(options), folders };
}

/** Revisions of every domain, newest first. */
export async function allRevisions(revisions: NodeRevisions): Promise<Revision[]> {
  const lists = await Promise.all((await revisions.domains()).map((domain) => revisions.list(domain)));
  return lists.flat().toSorted((a, b) => b.madeAtWallMs - a.madeAtWallMs);
}

/** Of the folder of a delta, relative to that of its catalog or its revision. */
export const manifestOf = ({ head }: Delta): string => join(head.path, '..', 'delta.json');

/** The smallest variant of a delta's base, in bytes; undefined where the base is not there. */
export function baseBytes({ base }: Delta, folders: ModelFolders): number | undefined {
  const model = folders.current().models.find(({ id }) => id === base.id);
  return model && Math.min(...model.variants.map(({ weights }) => weights.bytes));
}
