import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { signedSchema, StorageError, type Catalog, type Model } from '@terrace/core';
import { CATALOG_SIGNATURE, DELTA_SIGNATURE } from '../../trust/signature-files.js';
import { unwritable, writeAtomically } from '../files/atomic-file.js';
import { readJson } from '../files/read-json.js';
import { buildCatalog, type BuiltCatalog } from './build-catalog.js';
import { requireSound } from './sound-catalog.js';

/** Each try follows a change that another process made in the meantime. */
const MAX_TRIES = 8;

/**
 * Replaces `catalog.json` of a folder by what its manifests say. The folder is read again after the write:
 * of two processes that add models at once the later one names what both added, without a lock to go stale.
 * @param bases models of other folders that deltas here may belong to
 * @param known what was just built, where nothing was changed since
 * @throws InvalidCatalogError, ArtifactMissingError, DeltaMismatchError; StorageError when it cannot be written
 */
export async function rebuildCatalog(
  folder: string,
  bases: readonly Model[],
  known?: BuiltCatalog,
): Promise<BuiltCatalog> {
  let built = known ?? (await buildCatalog(folder, bases));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    requireSound(built.catalog);
    await dropSignature(folder, built.catalog.revision);
    await writeAtomically(join(folder, 'catalog.json'), `${JSON.stringify(built.catalog, null, 1)}\n`);
    const again = await buildCatalog(folder, bases);
    if (again.catalog.revision === built.catalog.revision) {
      return { ...built, warnings: [...built.warnings, ...(await dropDeltaSignatures(folder, built.catalog))] };
    }
    built = again;
  }
  throw new StorageError({
    message: `${folder} keeps changing while its catalog is written.`,
    hint: 'Wait until other programs have finished with the folder, then run `terrace models index` on it.',
    facts: { folder },
  });
}

/** A signature of another revision would make the folder unusable; what is changed has to be signed anew. */
async function dropSignature(folder: string, revision: string): Promise<void> {
  const catalog = await readJson(join(folder, 'catalog.json')).catch(() => undefined);
  if ((catalog as { revision?: unknown } | undefined)?.revision === revision) return;
  await remove(join(folder, CATALOG_SIGNATURE));
}

/** So would one of another delta: it would be left out. @returns what was removed, in words */
async function dropDeltaSignatures(folder: string, { deltas }: Catalog): Promise<string[]> {
  const dropped: string[] = [];
  for (const { id, contentId, head } of deltas) {
    const file = join(folder, dirname(head.path), DELTA_SIGNATURE);
    if (!existsSync(file) || (await signedContent(file)) === contentId) continue;
    await remove(file);
    dropped.push(`the delta ${id} is no longer signed: its signature was that of other content`);
  }
  return dropped;
}

/** What a signature says that it is for; nothing is believed by it. */
async function signedContent(file: string): Promise<string | undefined> {
  const json = await readJson(file).catch(() => undefined);
  const { data } = signedSchema.safeParse(json);
  return data?.envelope.statement.sha256;
}

async function remove(file: string): Promise<void> {
  await rm(file, { force: true }).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
}
