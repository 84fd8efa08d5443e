import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactMissingError, type FileRef } from '@terrace/core';
import { objectsOf } from '../../store/content/collect-garbage.js';
import type { ContentStore } from '../../store/content/content-store.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { unwritable } from '../../store/files/atomic-file.js';
import { describeFile } from '../../store/files/content-id.js';
import { makeFolder } from '../../store/files/make-folder.js';
import { bytes } from '../output.js';
import type { Check, Finding } from './doctor-context.js';

const NAME = 'content store';

/** Every object is read and hashed: its name is what its bytes must be. */
export const contentStore: Check = {
  name: NAME,
  async run({ settings, signal, fix }) {
    const { store } = await openFetcher(await settings());
    if (!existsSync(store.root)) return [{ name: NAME, state: 'ok', found: 'nothing was fetched' }];
    const wrong: Finding[] = [];
    let count = 0;
    let totalBytes = 0;
    for (const sha256 of await objectsOf(store)) {
      signal.throwIfAborted();
      const found = await describe(store, sha256);
      count += 1;
      totalBytes += found?.bytes ?? 0;
      if (found?.sha256 !== sha256 && existsSync(store.pathOf(sha256))) wrong.push(await corrupt(store, sha256, fix));
    }
    const found = `${count} objects of ${bytes(totalBytes)} in ${store.root} are what their names say`;
    return wrong.length > 0 ? wrong : [{ name: NAME, state: 'ok', found }];
  },
};

/** Undefined for one that cannot be read, such as a folder or what lies on a bad sector. */
async function describe(store: ContentStore, sha256: string): Promise<FileRef | undefined> {
  try {
    return await describeFile(store.root, store.pathOf(sha256));
  } catch (error) {
    if (ArtifactMissingError.isInstance(error)) return undefined;
    throw error;
  }
}

async function corrupt(store: ContentStore, sha256: string, fix: boolean): Promise<Finding> {
  const found = `${store.pathOf(sha256)} is damaged: its bytes are not what its name says`;
  const again = 'a model that needs it fetches it again, or `terrace models pull SOURCE` does';
  if (!fix) {
    return { name: NAME, state: 'problem', found, fix: `Run \`terrace doctor --fix\` to set it aside; ${again}.` };
  }
  const aside = join(store.root, 'incoming', `${sha256}.${randomUUID()}.tmp`);
  try {
    await makeFolder(join(store.root, 'incoming'));
    await store.host.files.rename(store.pathOf(sha256), aside);
  } catch (cause) {
    throw unwritable(aside, cause);
  }
  return {
    name: NAME,
    state: 'fixed',
    found,
    fix: `It is now ${aside}, where \`terrace models gc\` collects it; ${again}.`,
  };
}
