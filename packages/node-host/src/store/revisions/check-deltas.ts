import { TerraceError, type Catalog, type Model } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import type { Trust } from '../../trust/signed-by.js';
import { checkCalibration } from '../catalog/check-calibration.js';
import { requireFit } from '../catalog/delta-fit.js';
import type { ModelFolder, ModelFolders } from '../catalog/model-folders.js';
import { readVerified } from '../files/verified-file.js';
import type { NodeRevisions } from './node-revisions.js';
import { SHORT } from './name-revision.js';
import { REVISION_FILE } from './revision-folder.js';
import { readUnchanged } from './stage-revision.js';

/** Something that was looked at, and what is wrong with it. */
export interface Checked {
  readonly what: 'delta' | 'calibration' | 'revision';
  /** Of the delta, the domain or the revision. */
  readonly id: string;
  readonly fault?: string;
}

/** Every delta in force of a domain, read as an engine will read it, with its signature; and the domain's calibration. */
export async function checkInForce(folders: ModelFolders, domain: string, trust: Trust): Promise<readonly Checked[]> {
  const catalog = folders.current();
  const deltas = catalog.deltas.filter((delta) => delta.domain === domain);
  const checked: Checked[] = [];
  for (const delta of deltas) {
    const fault = await faultOf(async () => {
      const folder = folders.folders.findLast((each) => each.catalog.deltas.some(({ id }) => id === delta.id))!;
      for (const file of [delta.head, delta.adapter, delta.adapterConfig]) {
        if (file) await readVerified(await folders.locate(file));
      }
      await requireFit(folder.path, delta, catalog.models);
      await requireSoundSignatures(only(folder, [delta]), trust);
    });
    checked.push({ what: 'delta', id: delta.id, ...fault });
  }
  const known = catalog.domains.find(({ id }) => id === domain);
  const { state, message } = known ? await checkCalibration(folders, known) : { state: 'none' as const };
  if (state === 'stale' || state === 'unreadable') {
    checked.push({ what: 'calibration', id: domain, fault: message ?? state });
  }
  return checked;
}

/** Every kept revision of a domain: whether all of it is what was kept, and who signed it. */
export async function checkKept(
  revisions: NodeRevisions,
  domain: string,
  { models, trust }: { models: readonly Model[]; trust: Trust },
): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  for (const revision of await revisions.list(domain)) {
    checked.push({ what: 'revision', id: revision.id, ...(await faultOf(() => check(revision))) });
  }
  for (const id of await revisions.unreadable(domain)) {
    checked.push({ what: 'revision', id, fault: `The ${REVISION_FILE} of ${id.slice(0, SHORT)} cannot be read.` });
  }
  return checked;

  async function check(revision: Revision): Promise<void> {
    const kept = revisions.kept(revision);
    const catalog = await readUnchanged(kept, kept.folder, models);
    await requireSoundSignatures({ path: kept.folder, catalog }, trust);
    for (const delta of catalog.deltas) await requireFit(kept.folder, delta, models);
  }
}

/** Without what else the folder has signed. */
const only = ({ path, catalog }: ModelFolder, deltas: Catalog['deltas']): ModelFolder => ({
  path,
  catalog: { ...catalog, deltas, endpoints: [] },
});

export async function faultOf(check: () => Promise<void>): Promise<{ fault?: string }> {
  try {
    await check();
    return {};
  } catch (error) {
    if (!TerraceError.isInstance(error)) throw error;
    return { fault: error.message };
  }
}
