import { InvalidRequestError, type Delta } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { requireFit } from '../../store/catalog/delta-fit.js';
import { readVerified } from '../../store/files/verified-file.js';
import { isRevisionName, nameRevision } from '../../store/revisions/name-revision.js';
import { readUnchanged } from '../../store/revisions/stage-revision.js';
import { systemClock } from '../../system-clock.js';
import { signDeltas } from '../../trust/sign-deltas.js';
import { openSigner, type Signer } from '../../trust/signing.js';
import { print, printJson } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { allRevisions, openDeltaStore, type DeltaStore } from './delta-store.js';
import { signText } from './delta-text.js';

export interface SignFlags extends GlobalFlags {
  readonly key?: string;
}

/** `terrace delta sign REVISION|DELTA`: every delta of a kept revision, or one that was added; in force or kept. */
export async function signDelta(name: string, flags: SignFlags): Promise<number> {
  const store = await openDeltaStore(flags);
  const { home } = store.settings;
  const signer = await openSigner({ home, name: flags.key, clock: systemClock });
  const folders = await store.folders();
  const all = await allRevisions(store.revisions);
  const ofTexts = await signText(name, store, signer);
  const signed =
    ofTexts.length > 0
      ? ofTexts
      : isRevisionName(name)
        ? await signRevision(nameRevision(all, name), store, folders, signer)
        : await signInForce(name, all, store, folders, signer);
  const { owner, keyId } = signer.key;
  if (flags.json) printJson({ signer: { owner, keyId }, files: signed });
  else print([`signed as ${owner} (${keyId.slice(0, 12)}):`, ...signed.map((file) => `  ${file}`)].join('\n'));
  return 0;
}

/** Also where it is in force: there it has files of its own. */
async function signRevision(
  revision: Revision,
  { revisions }: DeltaStore,
  folders: ModelFolders,
  signer: Signer,
): Promise<string[]> {
  const kept = revisions.kept(revision);
  const { deltas } = await readUnchanged(kept, kept.folder, folders.current().models);
  const inForce = added(folders).filter(({ contentId }) => deltas.some((delta) => delta.contentId === contentId));
  const files = await signDeltas(kept.folder, deltas, signer);
  return [...files, ...(await signAdded(inForce, folders, signer))];
}

async function signInForce(
  id: string,
  all: readonly Revision[],
  { revisions }: DeltaStore,
  folders: ModelFolders,
  signer: Signer,
): Promise<string[]> {
  const delta = added(folders).find((each) => each.id === id);
  if (!delta) throw notAdded(id, folders);
  const files = await signAdded([delta], folders, signer);
  for (const revision of all) {
    const { own, folder } = revisions.kept(revision);
    const same = revision.deltas.filter(({ contentId }) => contentId === delta.contentId);
    if (own.deltas.includes(delta.contentId)) files.push(...(await signDeltas(folder, same, signer)));
  }
  return files;
}

async function signAdded(deltas: readonly Delta[], folders: ModelFolders, signer: Signer): Promise<string[]> {
  const path = folders.folders[1]?.path;
  if (path === undefined) return [];
  for (const delta of deltas) {
    for (const file of [delta.head, delta.adapter, delta.adapterConfig]) {
      if (file) await readVerified(await folders.locate(file));
    }
    await requireFit(path, delta, folders.current().models);
  }
  return signDeltas(path, deltas, signer);
}

const added = ({ folders }: ModelFolders): readonly Delta[] => folders[1]?.catalog.deltas ?? [];

const notAdded = (id: string, folders: ModelFolders): InvalidRequestError =>
  new InvalidRequestError({
    message: `No delta that was added has the id "${id.slice(0, 128)}".`,
    hint: `Name a revision, or one of these: ${
      added(folders)
        .map((delta) => delta.id)
        .join(', ') || 'none was added'
    }.`,
    facts: { delta: id },
  });
