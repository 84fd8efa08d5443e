import { join } from 'node:path';
import { StorageError, type Model } from '@terrace/core';
import { writeAtomically } from '../files/atomic-file.js';
import { buildCatalog, type BuiltCatalog } from './build-catalog.js';
import { requireSound } from './sound-catalog.js';

/** Each try follows a change that another process made in the meantime. */
const MAX_TRIES = 8;

/**
 * Replaces `catalog.json` of a folder by what its manifests say. The folder is read again after the write:
 * of two processes that add models at once the later one names what both added, without a lock to go stale.
 * @param bases models of other folders that deltas here may belong to
 * @throws InvalidCatalogError, ArtifactMissingError, DeltaMismatchError; StorageError when it cannot be written
 */
export async function rebuildCatalog(folder: string, bases: readonly Model[]): Promise<BuiltCatalog> {
  let built = await buildCatalog(folder, bases);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    requireSound(built.catalog);
    await writeAtomically(join(folder, 'catalog.json'), `${JSON.stringify(built.catalog, null, 1)}\n`);
    const again = await buildCatalog(folder, bases);
    if (again.catalog.revision === built.catalog.revision) return built;
    built = again;
  }
  throw new StorageError({
    message: `${folder} keeps changing while its catalog is written.`,
    hint: 'Wait until other programs have finished with the folder, then run `terrace models index` on it.',
    facts: { folder },
  });
}
