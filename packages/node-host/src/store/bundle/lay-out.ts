import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  calibrationPath,
  deltaFolder,
  modelFolder,
  type BundleEntry,
  type Catalog,
  type Contents,
  type FileRef,
  type Model,
} from '@terrace/core';
import { LIMITS, openSource } from '../add/source-folder.js';
import { LICENCE_FILES } from '../add/stage-model.js';
import { makeFolder } from '../add/staging.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import type { ModelFolders } from '../catalog/model-folders.js';
import { copyFile } from '../files/copy-file.js';
import { describeFile } from '../files/content-id.js';

/** A file of a bundle and where its bytes are. */
export interface LaidOut extends BundleEntry {
  readonly source: string;
}

/** Of a delta's folder, beside what the catalog names. */
const DELTA_TEXTS = ['delta.json', 'delta.sig.json'];

/**
 * Copies everything but the weights to where it lies in a bundle, and makes the catalog of that.
 * @param root an empty folder
 * @throws ArtifactMissingError, ArtifactCorruptError, InvalidRequestError, StorageError
 */
export async function layOut(
  { models, deltas, domains }: Contents,
  { folders, root, signal }: { folders: ModelFolders; root: string; signal: AbortSignal },
): Promise<{ catalog: Catalog; files: LaidOut[] }> {
  const files: LaidOut[] = [];
  const place = async (path: string, from: string, expected?: FileRef): Promise<void> => {
    const source = await (await openSource(dirname(from))).require(basename(from), LIMITS.tensors);
    await makeFolder(dirname(join(root, path)));
    await copyFile(source, join(root, path), { ...(expected && { expected }), signal });
    files.push({ ...(await describeFile(root, join(root, path))), source: join(root, path) });
  };
  const placeFile = async (folder: string, file: FileRef | undefined): Promise<void> => {
    if (file) await place(`${folder}/${basename(file.path)}`, (await folders.locate(file)).location, file);
  };
  for (const model of models) {
    const own = modelFolder(model.id);
    const origin = folderAround(folders, model.variants[0]!.weights);
    await place(`${own}/model.json`, join(origin.folder, 'model.json'));
    for (const file of [model.tokenizer, model.tokenizerConfig, model.golden]) await placeFile(own, file);
    for (const text of licencesNear(origin)) await place(`${own}/${basename(text)}`, text);
    for (const weights of weightsOf(model)) {
      const { location } = await folders.locate(weights);
      files.push({ ...weights, path: `${own}/${basename(weights.path)}`, source: location });
    }
  }
  for (const delta of deltas) {
    const own = deltaFolder(delta);
    const origin = folderAround(folders, delta.head);
    for (const file of [delta.head, delta.adapter, delta.adapterConfig]) await placeFile(own, file);
    for (const name of DELTA_TEXTS) {
      if (existsSync(join(origin.folder, name))) await place(`${own}/${name}`, join(origin.folder, name));
    }
    for (const text of licencesNear(origin)) await place(`${own}/${basename(text)}`, text);
  }
  for (const { calibration, id } of domains) {
    if (calibration && deltas.some(({ domain }) => domain === id)) {
      await place(calibrationPath(id), (await folders.locate(calibration)).location, calibration);
    }
  }
  const { catalog } = await buildCatalog(root);
  return { catalog, files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

interface Origin {
  /** The folder of the model or delta. */
  readonly folder: string;
  /** The folder of the catalog that names it. */
  readonly top: string;
}

/** Where the manifest beside a file lies; the weights themselves may be kept elsewhere. */
function folderAround({ folders }: ModelFolders, file: FileRef): Origin {
  const names = ({ catalog }: ModelFolders['folders'][number]): boolean =>
    [...catalog.models.flatMap(weightsOf), ...catalog.deltas.map(({ head }) => head)].some(
      (each) => each.path === file.path && each.sha256 === file.sha256,
    );
  const { path } = folders.findLast(names) ?? folders[0]!;
  return { folder: join(path, dirname(file.path)), top: path };
}

/** The texts in the folder, or in the nearest one around it that has any: a family may keep one for all. */
function licencesNear({ folder, top }: Origin): string[] {
  for (let at = folder; at.startsWith(top); at = dirname(at)) {
    const found = LICENCE_FILES.map((name) => join(at, name)).filter((path) => existsSync(path));
    if (found.length > 0 || at === top) return found;
  }
  return [];
}

/** Two dtypes may name one file. */
const weightsOf = ({ variants }: Model): FileRef[] => [
  ...new Map(variants.map(({ weights }) => [weights.path, weights])).values(),
];
