import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ArtifactMissingError, InvalidRequestError, filesOf, type Catalog, type Model } from '@terrace/core';
import { textModelOf } from '../../store/catalog/check-files.js';
import { openFolder } from '../../store/catalog/model-folders.js';
import { rebuildCatalog } from '../../store/catalog/rebuild-catalog.js';
import type { ContentStore } from '../../store/content/content-store.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { short } from './models-catalog.js';

/** `terrace models index FOLDER`: makes the folder's catalog.json anew from the manifests in it. */
export async function indexModels(folder: string, flags: GlobalFlags): Promise<number> {
  const settings = await readSettings(flags);
  const root = resolve(folder);
  await requireFolder(root);
  const { catalog, warnings } = await rebuildCatalog(root, await basesFor(root, settings.models));
  const { store } = await openFetcher(settings);
  const all = [...warnings, ...(await filesInDoubt(root, catalog, store))];
  const { revision, models, deltas, domains, ladders } = catalog;
  const summary = {
    file: join(root, 'catalog.json'),
    revision,
    models: models.map(({ id }) => id),
    deltas: deltas.map(({ id }) => id),
    domains: domains.map(({ id, calibration }) => ({ id, calibrated: calibration !== undefined })),
    ladders,
    warnings: all,
  };
  for (const warning of all) warn(warning);
  if (flags.json) printJson(summary);
  else print(describe(summary));
  return 0;
}

async function requireFolder(root: string): Promise<void> {
  if (
    await stat(root).then(
      (entry) => entry.isDirectory(),
      () => false,
    )
  )
    return;
  throw new InvalidRequestError({
    message: `${root} is not a folder.`,
    hint: 'Name a folder with model.json and delta.json files in it.',
    facts: { folder: root },
  });
}

/** Deltas of another folder may belong to shipped models; the shipped folder itself stands alone. */
async function basesFor(root: string, shipped: string): Promise<readonly Model[]> {
  if (root === shipped) return [];
  try {
    return (await openFolder(shipped)).catalog.models;
  } catch (error) {
    // The first catalog of all is made before there is a shipped one.
    if (ArtifactMissingError.isInstance(error)) return [];
    throw error;
  }
}

/** Hashes are for `verify`; a file that is absent or of another size shows at once. */
async function filesInDoubt(root: string, catalog: Catalog, store: ContentStore): Promise<string[]> {
  const found = await Promise.all(
    filesOf(catalog).map(async (file) => {
      const { path, bytes } = file;
      const size = await stat(join(root, path)).then(
        (entry) => entry.size,
        () => undefined,
      );
      if (size === bytes) return undefined;
      if (size === undefined && (store.has(file) || textModelOf(file, catalog))) return undefined;
      return size === undefined ? `${path} is missing` : `${path} has ${size} bytes, its manifest says ${bytes}`;
    }),
  );
  return found.filter((each) => each !== undefined);
}

const describe = ({
  file,
  revision,
  models,
  deltas,
  domains,
}: {
  file: string;
  revision: string;
  models: readonly string[];
  deltas: readonly string[];
  domains: readonly { id: string; calibrated: boolean }[];
}): string =>
  [
    `${file}, revision ${short(revision)}`,
    `models   ${models.join(', ') || 'none'}`,
    `deltas   ${deltas.join(', ') || 'none'}`,
    `domains  ${domains.map(({ id, calibrated }) => (calibrated ? id : `${id} (not calibrated)`)).join(', ') || 'none'}`,
  ].join('\n');
