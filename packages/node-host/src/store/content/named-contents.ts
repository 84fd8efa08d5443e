import { existsSync } from 'node:fs';
import { filesOf } from '@terrace/core';
import { finishInterrupted } from '../add/swap-together.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import { openFolder, openModelFolders } from '../catalog/model-folders.js';

/**
 * What has to stay in the content store: all that the catalogs name, and all that the manifests of added models name.
 * The catalog there can be made again from them; the weights cannot.
 * @throws StorageError when an installation was interrupted and cannot be finished here; what is wrong with a catalog
 *   or a manifest, for then nobody knows what it named
 */
export async function namedContents({
  shipped,
  added,
  signal,
}: {
  shipped: string;
  added: string;
  signal?: AbortSignal | undefined;
}): Promise<Set<string>> {
  await finishInterrupted(added, async () => (await openFolder(shipped)).catalog, signal);
  const { folders } = await openModelFolders({ shipped, added });
  const catalogs = folders.map(({ catalog }) => catalog);
  if (existsSync(added)) catalogs.push((await buildCatalog(added, folders[0]!.catalog.models)).catalog);
  return new Set(catalogs.flatMap((catalog) => filesOf(catalog).map(({ sha256 }) => sha256)));
}
