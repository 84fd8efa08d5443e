import { join } from 'node:path';
import { ArtifactCorruptError, DeltaMismatchError, TerraceError, type Catalog, type Model } from '@terrace/core';
import { requireSigned } from '../../trust/signers.js';
import type { Trust } from '../../trust/signed-by.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import { linkTree } from './link-tree.js';
import type { KeptRevision } from './revision-file.js';
import { domainPlace } from './revision-folder.js';

/**
 * Lays out a kept revision for the overlay, once every file was read and found to be what was kept.
 * @param root an empty folder on the disk of the overlay
 * @param trust where its deltas must be signed by somebody
 * @throws ArtifactCorruptError, DeltaMismatchError, UntrustedSignerError, InvalidSignatureError, StorageError
 */
export async function stageRevision(
  { revision, folder, own }: KeptRevision,
  {
    root,
    models,
    trust,
    overlay,
  }: { root: string; models: readonly Model[]; trust: Trust | undefined; overlay: string },
): Promise<void> {
  const place = domainPlace(revision.domain);
  await linkTree(join(folder, place), join(root, place));
  const catalog = await readLaidOut(root, models, revision.id);
  const deltas = catalog.deltas.map(({ contentId }) => contentId);
  const calibration = catalog.domains[0]?.calibration?.sha256 ?? null;
  const isSame = deltas.toSorted().join() === own.deltas.toSorted().join() && calibration === own.calibration;
  if (!isSame) throw damaged(folder, revision.id);
  if (trust) await requireSigned({ path: root, catalog }, trust, overlay);
}

/** What is missing or cannot be read any more was there when it was kept. */
async function readLaidOut(root: string, models: readonly Model[], id: string): Promise<Catalog> {
  try {
    return (await buildCatalog(root, models)).catalog;
  } catch (error) {
    if (!TerraceError.isInstance(error) || DeltaMismatchError.isInstance(error)) throw error;
    throw damaged(root, id, error);
  }
}

const damaged = (folder: string, id: string, cause?: unknown): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `The revision ${id.slice(0, 12)} is not what was kept: files in ${folder} have changed.`,
    hint: 'Choose another one (`terrace delta list`), or fit the domain again.',
    facts: { revision: id, folder },
    cause,
  });
