import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesOf, type Catalog, type FileRef } from '@terrace/core';
import { hashFiles } from '../../store/catalog/check-files.js';
import { openFolder } from '../../store/catalog/model-folders.js';
import type { ContentStore } from '../../store/content/content-store.js';
import { readFolderSignatures } from '../../trust/folder-signatures.js';
import { readKeptBundles } from '../../trust/kept-bundles.js';
import type { Trust } from '../../trust/signed-by.js';

/**
 * Files of added models that are missing, or are not what is known of them, by their path: a catalog that is made from
 * what is left would vouch for it. What they should be the catalog says; where it cannot be read, the signed bundles
 * that brought them, and their signatures.
 * @throws the signal's reason when it aborts
 */
export async function damagedFiles(
  overlay: string,
  { store, trust, signal }: { store: ContentStore; trust: Trust; signal: AbortSignal },
): Promise<string[]> {
  const folder = await openFolder(overlay).catch(() => undefined);
  const known = folder
    ? [folder.catalog]
    : (await readKeptBundles(overlay, trust)).map(({ catalog }) => present(catalog, overlay));
  const sound = new Set<string>();
  const damaged = new Set<string>();
  for (const catalog of known) {
    const files = filesOf(catalog);
    let index = 0;
    for await (const { state } of hashFiles({ path: overlay, catalog }, signal)) {
      const file = files[index++]!;
      const isGone = state === 'missing' || state === 'absent';
      const isSound = state === 'ok' || (isGone && (store.has(file) || isWeights(file, catalog)));
      (isSound ? sound : damaged).add(file.path);
    }
  }
  const faults = folder ? (await readFolderSignatures(folder, trust)).faults : [];
  for (const { delta } of faults) {
    const head = folder?.catalog.deltas.find(({ id }) => id === delta)?.head;
    if (head) damaged.add(join(dirname(head.path), 'delta.json'));
  }
  // One of several bundles that brought a file knew it as it is.
  return [...damaged].filter((path) => !sound.has(path));
}

/** What a manifest says of weights holds without them. */
const isWeights = ({ path }: FileRef, { models }: Catalog): boolean =>
  models.some(({ variants }) => variants.some(({ weights }) => weights.path === path));

/** Of what a bundle brought, what was not removed since. */
function present(catalog: Catalog, overlay: string): Catalog {
  const has = (file: FileRef, manifest: string): boolean => existsSync(join(overlay, dirname(file.path), manifest));
  const deltas = catalog.deltas.filter(({ head }) => has(head, 'delta.json'));
  return {
    ...catalog,
    models: catalog.models.filter(({ variants }) => has(variants[0]!.weights, 'model.json')),
    deltas,
    domains: catalog.domains.filter(({ id }) => deltas.some(({ domain }) => domain === id)),
  };
}
