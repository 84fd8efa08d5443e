import { join } from 'node:path';
import {
  deltaManifestSchema,
  DeltaMismatchError,
  InvalidCatalogError,
  parseFile,
  type DeltaManifest,
  folderName,
} from '@terrace/core';
import { z } from 'zod';
import { copyFile } from '../files/copy-file.js';
import { LIMITS, type SourceFolder } from './source-folder.js';
import { readSourceJson } from './source-text.js';
import { copyLicence } from './stage-model.js';
import { makeFolder, type Staged } from './staging.js';

const FILES = {
  head: 'head.safetensors',
  adapter: 'adapter_model.safetensors',
  config: 'adapter_config.json',
  signature: 'delta.sig.json',
} as const;

/** The fields of PEFT's file that change what the factors mean. */
const adapterConfigSchema = z.looseObject({
  r: z.number(),
  lora_alpha: z.number(),
  use_rslora: z.boolean().optional(),
});

/**
 * Copies a delta: `delta.json`, head, and factors where it has any. Whether it is whole and fits its base is asked
 * afterwards, of what was copied.
 * @param root where the copy is laid out
 * @throws DeltaMismatchError, InvalidCatalogError, InvalidRequestError, ArtifactMissingError, ArtifactCorruptError,
 *   StorageError
 */
export async function stageDelta(source: SourceFolder, root: string, signal: AbortSignal): Promise<Staged> {
  const description = await source.require('delta.json', LIMITS.manifest);
  const { value, warnings } = parseFile(deltaManifestSchema, await readSourceJson(description), 'delta.json');
  requireConsistent(value);
  const head = await source.require(FILES.head, LIMITS.tensors);
  const adapter = await source.find(FILES.adapter, LIMITS.tensors);
  const config = await source.find(FILES.config, LIMITS.manifest);
  const signature = await source.find(FILES.signature, LIMITS.text);
  if (config) requireUnitScale(value, await readSourceJson(config));
  const place = join('deltas', folderName(value.domain), folderName(value.base.id));
  const folder = join(root, place);
  await makeFolder(folder);
  await copyFile(description, join(folder, 'delta.json'), { signal });
  await copyFile(head, join(folder, FILES.head), { signal });
  if (adapter) await copyFile(adapter, join(folder, FILES.adapter), { signal });
  if (config) await copyFile(config, join(folder, FILES.config), { signal });
  if (signature) await copyFile(signature, join(folder, FILES.signature), { signal });
  await copyLicence(source, folder, signal);
  return { kind: 'delta', id: value.id, place, notes: warnings.map((warning) => `delta.json: ${warning}`) };
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

/** The graph adds the factors as they are. @throws DeltaMismatchError when PEFT would scale them */
function requireUnitScale(delta: DeltaManifest, config: unknown): void {
  const { value } = parseFile(adapterConfigSchema, config, 'configuration');
  if (value.r === delta.rank && value.lora_alpha === value.r && value.use_rslora !== true) return;
  throw mismatch(
    delta,
    `its factors have rank ${value.r} and alpha ${value.lora_alpha}; delta.json says rank ${delta.rank}, and the scale must be 1`,
    'Multiply lora_B by alpha / rank and set lora_alpha to the rank.',
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
