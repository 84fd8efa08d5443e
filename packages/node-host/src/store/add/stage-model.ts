import { join } from 'node:path';
import { modelManifestSchema, parseFile, type ModelManifest, folderName } from '@terrace/core';
import { goldenFile } from '../catalog/golden-file.js';
import { copyFile } from '../files/copy-file.js';
import { LIMITS, type SourceFolder } from './source-folder.js';
import { readSourceJson } from './source-text.js';
import { makeFolder, type Staged } from './staging.js';

/** Texts that travel with the weights. */
export const LICENCE_FILES = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'LICENCE', 'NOTICE'];

/**
 * Copies a model in Terrace's layout: `model.json`, the weights it names, and the tokenizer, which a family of models
 * may keep in the folder around.
 * @param root where the copy is laid out
 * @throws InvalidCatalogError, InvalidRequestError, ArtifactMissingError, ArtifactCorruptError, StorageError
 */
export async function stageModel(source: SourceFolder, root: string, signal: AbortSignal): Promise<Staged> {
  const description = await source.require('model.json', LIMITS.manifest);
  const { value, warnings } = parseFile(modelManifestSchema, await readSourceJson(description), 'model.json');
  const place = modelPlace(value.id);
  const folder = join(root, place);
  await makeFolder(folder);
  await copyFile(description, join(folder, 'model.json'), { signal });
  for (const { path, bytes, sha256 } of filesOf(value)) {
    const weights = await source.require(path, LIMITS.weights);
    if (weights.sha256 === sha256) continue;
    await copyFile(weights, join(folder, path), { expected: { bytes, sha256 }, signal });
  }
  await copyShared(source, value, { folder, signal });
  await copyLicence(source, folder, signal);
  return { kind: 'model', id: value.id, place, notes: warnings.map((warning) => `model.json: ${warning}`) };
}

export const modelPlace = (id: string): string => join('models', folderName(id));

/** Two types may name one file; it is copied once. */
function filesOf({ files }: ModelManifest): { path: string; bytes: number; sha256: string }[] {
  return [...new Map(Object.values(files).map((file) => [file.path, file])).values()];
}

/** The tokenizer, and golden answers where there are any. What the manifest announces has the name and hash it has there. */
async function copyShared(
  source: SourceFolder,
  manifest: ModelManifest,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<void> {
  const family = source.parent();
  const { tokenizer, tokenizerConfig } = manifest;
  for (const expected of [tokenizer, tokenizerConfig]) {
    if (!expected) continue;
    const file = await source.require(expected.path, LIMITS.tokenizer);
    await copyFile(file, join(folder, expected.path), { expected, signal });
  }
  if (!tokenizer) {
    const file =
      (await source.find('tokenizer.json', LIMITS.tokenizer)) ??
      (await family.find('tokenizer.json', LIMITS.tokenizer)) ??
      (await source.require('tokenizer.json', LIMITS.tokenizer));
    await copyFile(file, join(folder, 'tokenizer.json'), { signal });
  }
  for (const name of [...(tokenizerConfig ? [] : ['tokenizer_config.json']), goldenFile(manifest)]) {
    const file = (await source.find(name, LIMITS.manifest)) ?? (await family.find(name, LIMITS.manifest));
    if (file) await copyFile(file, join(folder, name), { signal });
  }
}

export async function copyLicence(source: SourceFolder, folder: string, signal: AbortSignal): Promise<void> {
  for (const name of LICENCE_FILES) {
    const file = await source.find(name, LIMITS.text);
    if (file) await copyFile(file, join(folder, name), { signal });
  }
}
