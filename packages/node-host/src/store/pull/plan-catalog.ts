import { posix } from 'node:path';
import {
  ArtifactCorruptError,
  catalogSchema,
  DownloadError,
  InvalidCatalogError,
  parseFile,
  namedFilesOf,
  type Catalog,
  type Delta,
  type FileRef,
  type Model,
} from '@terrace/core';
import { DELTA_SIGNATURE } from '../../trust/signature-files.js';
import { describeSigner, type SignedBy, type Trust } from '../../trust/signed-by.js';
import { LIMITS } from '../add/source-folder.js';
import { goldenFile } from '../catalog/golden-file.js';
import { requireSound } from '../catalog/sound-catalog.js';
import { contentId } from '../files/content-id.js';
import { parseJson } from '../files/read-json.js';
import type { PullSource } from '../fetch/pull-source.js';
import type { PullWish } from './choose-pull.js';
import { chooseSound, type LocalFiles } from './choose-sound.js';
import { inMemory } from './in-memory.js';
import type { PlannedFile, PlannedItem, PullPlan } from './pull-plan.js';
import { readCatalogSigner, readSignature } from './source-signatures.js';

/**
 * A plan from the catalog.json of a source.
 * @throws InvalidCatalogError, InvalidSignatureError, InvalidRequestError, ArtifactCorruptError, DownloadError
 */
export async function planCatalog(
  source: PullSource,
  bytes: Uint8Array,
  { wish, local, trust, signal }: { wish: PullWish; local: LocalFiles; trust: Trust; signal: AbortSignal },
): Promise<PullPlan> {
  const { value: catalog, warnings } = parseFile(
    catalogSchema,
    parseJson(new TextDecoder().decode(bytes), `${source.place}catalog.json`),
    'catalog',
  );
  requireSound(catalog);
  requireOneContentAPath(catalog);
  const signer = await readCatalogSigner(source, catalog, { trust, signal });
  const choice = await chooseSound(catalog, wish, { local, signal });
  const deltas: PlannedItem[] = [];
  for (const delta of choice.deltas) deltas.push(await planDelta(source, delta, signal));
  return {
    signer,
    items: [
      ...choice.models.map((model) => planModel(source, model)),
      ...deltas,
      ...choice.calibrations.map(({ id, calibration }): PlannedItem => {
        return { kind: 'calibration', id, name: id, files: new Map([['calibration.json', calibration]]) };
      }),
    ],
    present: choice.present,
    notes: [
      ...distrust(signer),
      ...warnings.map((warning) => `catalog.json: ${warning}`),
      ...endpointsStay(catalog),
      ...choice.notes,
    ],
  };
}

/** The catalog says all that a manifest says: it is written anew, with those variants alone that come along. */
function planModel(source: PullSource, model: Model): PlannedItem {
  const { tokenizer, tokenizerConfig, golden, variants, source: _, ...fields } = model;
  const folders = new Set(variants.map(({ weights }) => folderOf(weights)));
  requireOwnNames(model);
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
    [goldenFile(model), golden],
    ...variants.map(({ weights }): [string, PlannedFile] => [posix.basename(weights.path), weights]),
  ];
  return { kind: 'model', id: model.id, name: model.id, files: present(files), licensed: model };
}

/** In one folder two files cannot have one name. @throws InvalidCatalogError */
function requireOwnNames({ id, variants }: Model): void {
  const byName = new Map(variants.map(({ weights }) => [posix.basename(weights.path), weights.sha256]));
  const clash = variants.find(({ weights }) => byName.get(posix.basename(weights.path)) !== weights.sha256);
  if (!clash) return;
  throw new InvalidCatalogError({
    message: `${id} has two weights of the name ${posix.basename(clash.weights.path)}, which one folder cannot hold.`,
    hint: 'Pull one type alone with --dtype, and tell its publisher.',
    facts: { model: id, path: clash.weights.path },
  });
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
  const signaturePath = posix.join(folderOf(head), DELTA_SIGNATURE);
  const signature = await readSignature(source, signaturePath, signal);
  const files: [string, PlannedFile | undefined][] = [
    ['delta.json', manifest],
    ['head.safetensors', head],
    ['adapter_model.safetensors', adapter],
    ['adapter_config.json', adapterConfig],
    [DELTA_SIGNATURE, signature && inMemory(signaturePath, signature)],
  ];
  return { kind: 'delta', id, name: id, files: present(files) };
}

const distrust = (signer: SignedBy): string[] =>
  signer.kind === 'untrusted' ? [`the signature of the catalog is ${describeSigner(signer)}`] : [];

/** Where texts go is said on this device, by whoever runs it. */
const endpointsStay = ({ endpoints = [] }: Catalog): string[] =>
  endpoints.length === 0 ? [] : [`its ${endpoints.length} endpoints are left out: \`terrace tiers add URL\` adds one`];

const folderOf = ({ path }: FileRef): string => (posix.dirname(path) === '.' ? '' : posix.dirname(path));

const present = (files: readonly [string, PlannedFile | undefined][]): Map<string, PlannedFile> =>
  new Map(files.flatMap(([name, file]) => (file ? [[name, file] as const] : [])));

/** A file may be named twice, but it cannot have two contents. @throws InvalidCatalogError */
function requireOneContentAPath(catalog: Catalog): void {
  const seen = new Map<string, FileRef>();
  for (const file of namedFilesOf(catalog)) {
    const other = seen.get(file.path);
    if (other && (other.sha256 !== file.sha256 || other.bytes !== file.bytes)) {
      throw new InvalidCatalogError({
        message: `The catalog names ${file.path} twice, with different contents.`,
        hint: 'Tell its publisher: `terrace models index` writes the catalog anew.',
        facts: { path: file.path },
      });
    }
    seen.set(file.path, file);
  }
}
