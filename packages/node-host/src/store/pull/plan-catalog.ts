import { posix } from 'node:path';
import {
  ArtifactCorruptError,
  catalogSchema,
  DownloadError,
  InvalidCatalogError,
  parseFile,
  type Catalog,
  type Delta,
  type FileRef,
  type Model,
} from '@terrace/core';
import { LIMITS } from '../add/source-folder.js';
import { requireSound } from '../catalog/sound-catalog.js';
import { contentId } from '../files/content-id.js';
import { parseJson } from '../files/read-json.js';
import type { PullSource } from '../fetch/pull-source.js';
import { choosePull, type Local, type PullWish } from './choose-pull.js';
import { inMemory } from './in-memory.js';
import type { PlannedFile, PlannedItem, PullPlan } from './pull-plan.js';

/**
 * A plan from the catalog.json of a source.
 * @throws InvalidCatalogError, InvalidRequestError, ArtifactCorruptError, DownloadError
 */
export async function planCatalog(
  source: PullSource,
  bytes: Uint8Array,
  { wish, local, signal }: { wish: PullWish; local: Local; signal: AbortSignal },
): Promise<PullPlan> {
  const { value: catalog, warnings } = parseFile(
    catalogSchema,
    parseJson(new TextDecoder().decode(bytes), `${source.place}catalog.json`),
    'catalog',
  );
  requireSound(catalog);
  requireOneContentAPath(catalog);
  const choice = choosePull(catalog, wish, local);
  const deltas: PlannedItem[] = [];
  for (const delta of choice.deltas) deltas.push(await planDelta(source, delta, signal));
  return {
    items: [
      ...choice.models.map((model) => planModel(source, model)),
      ...deltas,
      ...choice.calibrations.map(({ id, calibration }): PlannedItem => {
        return { kind: 'calibration', id, name: id, files: new Map([['calibration.json', calibration]]) };
      }),
    ],
    present: choice.present,
    notes: [...warnings.map((warning) => `catalog.json: ${warning}`), ...choice.notes],
  };
}

/** The catalog says all that a manifest says: it is written anew, with those variants alone that come along. */
function planModel(source: PullSource, model: Model): PlannedItem {
  const { tokenizer, tokenizerConfig, golden, variants, source: _, ...fields } = model;
  const folders = new Set(variants.map(({ weights }) => folderOf(weights)));
  const origin = folders.size === 1 ? source.origin([...folders][0]!) : undefined;
  const manifest = {
    ...fields,
    ...(origin !== undefined && { source: origin }),
    files: Object.fromEntries(
      variants.map(({ dtype, providers, weights: { path, bytes, sha256 } }) => [
        dtype,
        { path: posix.basename(path), bytes, sha256, providers },
      ]),
    ),
  };
  const files: [string, PlannedFile | undefined][] = [
    ['model.json', inMemory('model.json', Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))],
    ['tokenizer.json', tokenizer],
    ['tokenizer_config.json', tokenizerConfig],
    ['golden.json', golden],
    ...variants.map(({ weights }): [string, PlannedFile] => [posix.basename(weights.path), weights]),
  ];
  return { kind: 'model', id: model.id, name: model.id, files: present(files), licensed: model };
}

/** delta.json is not in the catalog; the content id of the delta covers it. */
async function planDelta(source: PullSource, delta: Delta, signal: AbortSignal): Promise<PlannedItem> {
  const { id, head, adapter, adapterConfig } = delta;
  const path = posix.join(folderOf(head), 'delta.json');
  const bytes = await source.read(path, LIMITS.manifest, signal);
  if (!bytes) {
    const hint = 'Copy the whole folder to the server, not only the files that catalog.json names.';
    throw new DownloadError({ message: `${source.place} has no ${path}.`, hint, facts: { file: path } });
  }
  const manifest = inMemory(path, bytes);
  const hashes = [manifest, head, adapter, adapterConfig].flatMap((file) => (file ? [file.sha256] : []));
  if (contentId(hashes.toSorted()) !== delta.contentId) {
    throw new ArtifactCorruptError({
      message: `${path} is not the one that belongs to ${id} in the catalog.`,
      hint: 'Tell its publisher: `terrace models index` writes the catalog anew.',
      facts: { file: path, delta: id },
    });
  }
  const files: [string, PlannedFile | undefined][] = [
    ['delta.json', manifest],
    ['head.safetensors', head],
    ['adapter_model.safetensors', adapter],
    ['adapter_config.json', adapterConfig],
  ];
  return { kind: 'delta', id, name: id, files: present(files) };
}

const folderOf = ({ path }: FileRef): string => (posix.dirname(path) === '.' ? '' : posix.dirname(path));

const present = (files: readonly [string, PlannedFile | undefined][]): Map<string, PlannedFile> =>
  new Map(files.flatMap(([name, file]) => (file ? [[name, file] as const] : [])));

/** A file may be named twice, but it cannot have two contents. @throws InvalidCatalogError */
function requireOneContentAPath({ models, deltas, domains }: Catalog): void {
  const files = [
    ...models.flatMap(({ variants, tokenizer, tokenizerConfig, golden }) => [
      ...variants.map(({ weights }) => weights),
      tokenizer,
      tokenizerConfig,
      golden,
    ]),
    ...deltas.flatMap(({ head, adapter, adapterConfig }) => [head, adapter, adapterConfig]),
    ...domains.map(({ calibration }) => calibration),
  ];
  const seen = new Map<string, FileRef>();
  for (const file of files) {
    const other = file && seen.get(file.path);
    if (file && other && (other.sha256 !== file.sha256 || other.bytes !== file.bytes)) {
      throw new InvalidCatalogError({
        message: `The catalog names ${file.path} twice, with different contents.`,
        hint: 'Tell its publisher: `terrace models index` writes the catalog anew.',
        facts: { path: file.path },
      });
    }
    if (file) seen.set(file.path, file);
  }
}
