import { join } from 'node:path';
import {
  deltaManifestSchema,
  DeltaMismatchError,
  InvalidCatalogError,
  parseFile,
  deltaFolder,
  type DeltaManifest,
} from '@terrace/core';
import { z } from 'zod';
import { copyFile } from '../files/copy-file.js';
import { LIMITS, type SourceFile, type SourceFolder } from './source-folder.js';
import { readSourceJson } from './source-text.js';
import { copyLicence } from './stage-model.js';
import { makeFolder, type Staged } from './staging.js';

/** A root, or a third, has no end in decimals. */
const SCALE_TOLERANCE = 1e-6;

const HEAD = 'head.safetensors';
const CONFIG = 'adapter_config.json';
/** What a delta may have beside its description and its head. */
const OTHERS = [
  ['adapter_model.safetensors', LIMITS.tensors],
  [CONFIG, LIMITS.manifest],
  ['delta.sig.json', LIMITS.text],
] as const;

/** The fields of PEFT's file that change what the factors mean. */
const adapterConfigSchema = z.looseObject({
  r: z.number(),
  lora_alpha: z.number(),
  use_rslora: z.boolean().optional(),
});

/** A delta in somebody's folder, of which nothing but its description was read. */
export interface FoundDelta {
  readonly manifest: DeltaManifest;
  /** By the names they have beside `delta.json`. */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly warnings: readonly string[];
}

/**
 * Looks for the files of a delta: `delta.json`, head, factors where it has any, and a signature.
 * @throws DeltaMismatchError, InvalidCatalogError, InvalidRequestError, ArtifactMissingError
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
  const config = files.get(CONFIG);
  if (config) requireScale(manifest, await readSourceJson(config));
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

/** Two files say what the factors are multiplied with. @throws DeltaMismatchError where they say different things */
function requireScale(delta: DeltaManifest, config: unknown): void {
  const { value } = parseFile(adapterConfigSchema, config, 'configuration');
  const { r, lora_alpha: alpha, use_rslora: isRootScaled } = value;
  const is = alpha / (isRootScaled === true ? Math.sqrt(r) : r);
  const { rank, scale: should = 1 } = delta;
  if (r === rank && Math.abs(is - should) <= SCALE_TOLERANCE * should) return;
  throw mismatch(
    delta,
    `its factors have rank ${r} and the scale ${is}; delta.json says rank ${rank} and scale ${should}`,
    'Import the adapter (`terrace delta import FOLDER`), which writes a delta.json that fits, or set `scale` to alpha / rank.',
  );
}

function mismatch({ id, base }: DeltaManifest, why: string, hint: string): DeltaMismatchError {
  return new DeltaMismatchError({
    message: `The delta "${id}" cannot be used: ${why}.`,
    hint,
    facts: { delta: id, base: base.id },
  });
}

function wrongLabel(path: string, why: string): InvalidCatalogError {
  return new InvalidCatalogError({
    message: `The delta.json is wrong at ${path}: ${why}.`,
    hint: `Correct ${path} in delta.json.`,
    facts: { path, subject: 'delta.json' },
  });
}
