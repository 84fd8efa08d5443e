import { join } from 'node:path';
import { InvalidRequestError, type Catalog, type FileRef } from '@terrace/core';
import { buildCatalog } from '../catalog/build-catalog.js';
import { requireFit } from '../catalog/delta-fit.js';
import { Swaps } from './install-folder.js';
import { mergeCatalogs } from '../catalog/merge-catalogs.js';
import { filesOf, openModelFolders } from '../catalog/model-folders.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { retireCalibrations } from '../catalog/retire-calibrations.js';
import { requireSound } from '../catalog/sound-catalog.js';
import { openSource, LIMITS, type SourceFolder } from './source-folder.js';
import { stageDelta } from './stage-delta.js';
import { stageHubModel } from './stage-hub-model.js';
import { stageModel } from './stage-model.js';
import { withStaging, type Staged } from './staging.js';

export interface Added {
  readonly kind: 'model' | 'delta';
  readonly id: string;
  readonly folder: string;
  readonly files: readonly FileRef[];
  /** Whose entry of this id or place it takes over from; equal content counts too. */
  readonly replaces: 'shipped' | 'added' | undefined;
  /** Domains that lost their calibration by it. */
  readonly uncalibrated: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Puts a user's model or delta into the overlay. It is copied aside, checked as a catalog of its own, moved in place,
 * and named in the overlay's catalog; when any step fails the overlay is what it was.
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
}: {
  folder: string;
  overlay: string;
  shipped: string;
  signal: AbortSignal;
}): Promise<Added> {
  const source = await openSource(folder);
  const before = await openModelFolders({ shipped, added: overlay });
  const [below, above] = before.folders.map(({ catalog }) => catalog) as [Catalog, Catalog | undefined];
  return withStaging(overlay, async (staging) => {
    const root = join(staging, 'new');
    const staged = await stage(source, root, signal);
    const { catalog: added } = await buildCatalog(root, before.current().models);
    requireSound(added);
    for (const delta of added.deltas) await requireFit(root, delta, before.current().models);
    signal.throwIfAborted();
    const swaps = new Swaps(join(staging, 'old'));
    try {
      await swaps.put(join(root, staged.place), join(overlay, staged.place));
      const retired = await retireCalibrations({ overlay, below, swaps });
      const { catalog, warnings } = await rebuildCatalog(overlay, below.models);
      const after = mergeCatalogs(below, catalog);
      return {
        kind: staged.kind,
        id: staged.id,
        folder: join(overlay, staged.place),
        files: filesOf(added),
        replaces: above && holds(above, added) ? 'added' : holds(below, added) ? 'shipped' : undefined,
        uncalibrated: lostCalibrations(before.current(), after),
        notes: [...new Set([...staged.notes, ...retired, ...warnings])],
      };
    } catch (error) {
      await swaps.back();
      throw error;
    }
  });
}

async function stage(source: SourceFolder, root: string, signal: AbortSignal): Promise<Staged> {
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

function holds(catalog: Catalog, { models, deltas }: Catalog): boolean {
  const model = models.some(({ id }) => catalog.models.some((each) => each.id === id));
  const delta = deltas.some(({ id, domain, base }) =>
    catalog.deltas.some((each) => each.id === id || (each.domain === domain && each.base.id === base.id)),
  );
  return model || delta;
}

const lostCalibrations = (before: Catalog, after: Catalog): string[] =>
  before.domains
    .filter(({ id, calibration }) => calibration && !after.domains.find((each) => each.id === id)?.calibration)
    .map(({ id }) => id);
