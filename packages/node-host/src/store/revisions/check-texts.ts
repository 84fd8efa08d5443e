import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactCorruptError } from '@terrace/core';
import type { TextDelta } from '@terrace/core/text';
import { requireSoundSignatures } from '../../trust/folder-signatures.js';
import type { Trust } from '../../trust/signed-by.js';
import type { ModelFolders } from '../catalog/model-folders.js';
import { readText } from '../catalog/read-text.js';
import { textDeltaPlace } from '../catalog/text-delta-place.js';
import { faultOf, type Checked } from './check-deltas.js';
import { requireTextFit } from './require-text-fit.js';
import type { TextRevisions } from './text-revisions.js';

/** Every text delta in force of a domain and every kept revision of them: whether all of it is what it was, and fits. */
export async function checkTexts(
  texts: TextRevisions,
  domain: string,
  { folders, trust }: { readonly folders: ModelFolders; readonly trust: Trust },
): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  for (const folder of folders.folders) {
    const { text } = folder.catalog;
    for (const delta of (text?.deltas ?? []).filter((each) => each.domain === domain)) {
      const fault = await faultOf(async () => {
        await requireTextUnchanged(folder.path, delta);
        await requireTextFit(folder.path, delta, folders);
        const catalog = { ...folder.catalog, deltas: [], endpoints: [], text: { ...text!, deltas: [delta] } };
        await requireSoundSignatures({ ...folder, catalog }, trust);
      });
      checked.push({ what: 'delta', id: delta.id, ...fault });
    }
  }
  for (const { id, folder, deltas } of await texts.list(domain)) {
    const fault = await faultOf(async () => {
      for (const delta of deltas) await requireTextUnchanged(folder, { ...delta, domain });
    });
    checked.push({ what: 'revision', id, ...fault });
  }
  return checked;
}

/**
 * What lies there is what it is known by: every file of it is read.
 * @throws ArtifactCorruptError
 */
export async function requireTextUnchanged(
  root: string,
  delta: Pick<TextDelta, 'id' | 'domain' | 'contentId'>,
): Promise<void> {
  const place = join(root, textDeltaPlace(delta));
  const files = (await readdir(place).catch(() => [])).map((name) => join(place, name));
  const text = await readText(root, files).catch(() => undefined);
  if (text?.deltas.some(({ contentId }) => contentId === delta.contentId) !== true) {
    throw new ArtifactCorruptError({
      message: `The delta "${delta.id}" is not what it was: files in ${place} have changed.`,
      hint: 'Get the delta again from where it was made, and attach it.',
      facts: { delta: delta.id, folder: place },
    });
  }
}
