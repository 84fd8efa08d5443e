import { join } from 'node:path';
import { deltaManifestSchema, InvalidCatalogError, parseFile, deltaFolder, type DeltaManifest } from '@terrace/core';
import { copyFile } from '../files/copy-file.js';
import { LIMITS, type SourceFile, type SourceFolder } from './source-folder.js';
import { readSourceJson } from './source-text.js';
import { copyLicence } from './stage-model.js';
import { makeFolder, type Staged } from './staging.js';

const HEAD = 'head.safetensors';
/** What a delta may have beside its description and its head. */
const OTHERS = [
  ['adapter_model.safetensors', LIMITS.tensors],
  ['adapter_config.json', LIMITS.manifest],
  ['delta.sig.json', LIMITS.text],
] as const;

/** A delta in somebody's folder, of which nothing but its description was read. */
export interface FoundDelta {
  readonly manifest: DeltaManifest;
  /** By the names they have beside `delta.json`. */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly warnings: readonly string[];
}

/**
 * Looks for the files of a delta: `delta.json`, head, factors where it has any, and a signature.
 * @throws InvalidCatalogError, InvalidRequestError, ArtifactMissingError
 */
export async function findDelta(source: SourceFolder): Promise<FoundDelta> {
  const description = await source.require('delta.json', LIMITS.manifest);
  const { value: manifest, warnings } = parseFile(deltaManifestSchema, await readSourceJson(description), 'delta.json');
  requireConsistent(manifest);
  const files = new Map([['delta.json', description]]);
  files.set(HEAD, await source.require(HEAD, LIMITS.tensors));
  for (const [name, maxBytes] of OTHERS) {
    const file = await source.find(name, maxBytes);
    if (file) files.set(name, file);
  }
  return { manifest, files, warnings };
}

/**
 * Copies a delta. Whether it is whole and fits its base is asked afterwards, of what was copied.
 * @param root where the copy is laid out
 * @throws ArtifactCorruptError, StorageError, and like `findDelta`
 */
export async function stageDelta(source: SourceFolder, root: string, signal: AbortSignal): Promise<Staged> {
  const { manifest, files, warnings } = await findDelta(source);
  const place = deltaFolder(manifest);
  const folder = join(root, place);
  await makeFolder(folder);
  for (const [name, file] of files) await copyFile(file, join(folder, name), { signal });
  await copyLicence(source, folder, signal);
  return { kind: 'delta', id: manifest.id, place, notes: warnings.map((warning) => `delta.json: ${warning}`) };
}

/** @throws InvalidCatalogError when labels are named twice, or named where they are not */
function requireConsistent({ labels, outOfScopeLabel, subdomains }: DeltaManifest): void {
  const known = new Set(labels);
  if (known.size < labels.length) throw wrongLabel('labels', 'a label is there twice');
  if (outOfScopeLabel !== null && !known.has(outOfScopeLabel)) {
    throw wrongLabel('outOfScopeLabel', `"${outOfScopeLabel}" is not among the labels`);
  }
  for (const [name, within] of Object.entries(subdomains)) {
    const foreign = within.find((label) => !known.has(label));
    if (foreign !== undefined) throw wrongLabel(`subdomains.${name}`, `"${foreign}" is not among the labels`);
  }
}

function wrongLabel(path: string, why: string): InvalidCatalogError {
  return new InvalidCatalogError({
    message: `The delta.json is wrong at ${path}: ${why}.`,
    hint: `Correct ${path} in delta.json.`,
    facts: { path, subject: 'delta.json' },
  });
}
