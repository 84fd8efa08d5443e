import { join } from 'node:path';
import {
  ArtifactCorruptError,
  DeltaMismatchError,
  TerraceError,
  UntrustedSignerError,
  type Catalog,
  type Model,
} from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import { requireSigned } from '../../trust/signers.js';
import type { Trust } from '../../trust/signed-by.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import { linkTree } from './link-tree.js';
import { SHORT } from './name-revision.js';
import type { KeptRevision } from './revision-file.js';
import { domainPlace } from './revision-folder.js';

/**
 * Lays out a kept revision for the overlay, once every file was read and found to be what was kept.
 * @param root an empty folder on the disk of the overlay
 * @param requireSignatures whether somebody trusted must have signed its deltas
 * @throws ArtifactCorruptError, DeltaMismatchError, UntrustedSignerError, InvalidSignatureError, StorageError
 */
export async function stageRevision(
  kept: KeptRevision,
  {
    root,
    models,
    trust,
    overlay,
    requireSignatures,
  }: { root: string; models: readonly Model[]; trust: Trust; overlay: string; requireSignatures: boolean },
): Promise<void> {
  const place = domainPlace(kept.revision.domain);
  await linkTree(join(kept.folder, place), join(root, place));
  const catalog = await readUnchanged(kept, root, models);
  if (requireSignatures) {
    await requireSigned({ path: root, catalog }, trust, overlay).catch((error: unknown) => {
      throw UntrustedSignerError.isInstance(error) ? unsigned(error, kept.revision) : error;
    });
  }
  await requireSoundSignatures({ path: root, catalog }, trust);
}

/**
 * The deltas and the calibration of a kept revision as a catalog of their own; every file of them is read.
 * @param root its folder, or a copy of it
 * @throws ArtifactCorruptError when something changed since it was kept, DeltaMismatchError when its base did
 */
export async function readUnchanged(
  { revision: { id }, folder, own }: KeptRevision,
  root: string,
  models: readonly Model[],
): Promise<Catalog> {
  const catalog = await buildCatalog(root, models).then(
    (built) => built.catalog,
    (error: unknown) => {
      if (!TerraceError.isInstance(error) || DeltaMismatchError.isInstance(error)) throw error;
      throw damaged(folder, id, error);
    },
  );
  const deltas = catalog.deltas.map(({ contentId }) => contentId);
  const calibration = catalog.domains[0]?.calibration?.sha256 ?? null;
  const isSame = deltas.toSorted().join() === own.deltas.toSorted().join() && calibration === own.calibration;
  if (!isSame) throw damaged(folder, id);
  return catalog;
}

/** What is kept can be signed, and is then put in force by its name. */
function unsigned(error: UntrustedSignerError, { id, domain }: Revision): UntrustedSignerError {
  const { message, facts } = error;
  if (facts['reason'] !== 'unsigned') return error;
  const name = id.slice(0, SHORT);
  const hint = `It is kept: sign it (\`terrace delta sign ${name}\`), then put it in force (\`terrace delta promote ${domain} ${name}\`).`;
  return new UntrustedSignerError({ message, hint, facts: { ...facts, revision: id }, cause: error });
}

const damaged = (folder: string, id: string, cause?: unknown): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `The revision ${id.slice(0, 12)} is not what was kept: files in ${folder} have changed.`,
    hint: 'Choose another one (`terrace delta list`), or fit the domain again.',
    facts: { revision: id, folder },
    cause,
  });
