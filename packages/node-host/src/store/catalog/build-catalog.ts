import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import {
  ArtifactMissingError,
  byWeight,
  DEFAULT_PROVIDERS,
  DeltaMismatchError,
  deltaManifestSchema,
  ladderRevision,
  laddersOf,
  modelManifestSchema,
  parseFile,
  subDomainsOf,
  type Catalog,
  type Delta,
  type Domain,
  type FileRef,
  type Model,
} from '@terrace/core';
import { contentId, describeFile } from '../files/content-id.js';
import { readJson } from '../files/read-json.js';
import { startHash } from '../files/start-hash.js';
import { goldenFile } from './golden-file.js';
import { readEndpoints } from './read-endpoints.js';
import { readText } from './read-text.js';

export interface BuiltCatalog {
  readonly catalog: Catalog;
  readonly warnings: readonly string[];
}

/**
 * Makes the catalog of a folder from the `model.json`, `delta.json` and `endpoint.json` files in it. The same files give
 * the same catalog, byte for byte.
 * @param bases models of other folders that deltas here may belong to
 * @throws InvalidCatalogError, ArtifactMissingError, DeltaMismatchError
 */
export async function buildCatalog(root: string, bases: readonly Model[] = []): Promise<BuiltCatalog> {
  const listed = (await readdir(root, { recursive: true })).filter((path) => !isHidden(path));
  const files = listed.map((path) => join(root, path)).toSorted();
  const warnings: string[] = [];
  const named = (name: string): string[] => files.filter((path) => basename(path) === name);
  const models = await Promise.all(named('model.json').map((path) => readModel(root, path, warnings)));
  const deltas = await Promise.all(named('delta.json').map((path) => readDelta(root, path, warnings)));
  for (const delta of deltas) requireBase(delta, [...models, ...bases]);
  const endpoints = await readEndpoints(root, files, warnings);
  const text = await readText(root, files);
  const domains = await Promise.all(groupByDomain(deltas).map((group) => describeDomain(root, group)));
  const content = {
    format: 1 as const,
    models: models.toSorted(byWeight),
    deltas,
    domains,
    ladders: laddersOf(models),
    // Left out where there are none: catalogs without endpoints keep their revision.
    ...(endpoints.length > 0 && { endpoints }),
    ...(text && { text }),
  };
  return { catalog: { ...content, revision: contentId(content) }, warnings };
}

async function readModel(root: string, path: string, warnings: string[]): Promise<Model> {
  const parsed = parseFile(modelManifestSchema, await readJson(path), 'model.json');
  warnings.push(...parsed.warnings.map((warning) => `${relative(root, path)}: ${warning}`));
  const { files, tokenizer, tokenizerConfig, ...manifest } = parsed.value;
  const folder = dirname(path);
  const beside = ({ path: name, bytes, sha256 }: FileRef): FileRef => {
    return { path: toPosix(relative(root, join(folder, name))), bytes, sha256 };
  };
  const shared = async (name: string, announced: FileRef | undefined): Promise<FileRef | undefined> => {
    const found = nearest(folder, name);
    if (announced) return beside(announced);
    return found === undefined ? undefined : describeFile(root, found);
  };
  const variants = Object.entries(files).map(([dtype, { providers, ...file }]) => ({
    dtype: dtype as keyof typeof files,
    providers: [...(providers ?? DEFAULT_PROVIDERS[dtype as keyof typeof files])],
    weights: beside(file),
  }));
  const config = await shared('tokenizer_config.json', tokenizerConfig);
  const golden = await shared(goldenFile(manifest), undefined);
  return {
    ...manifest,
    tokenizer:
      (await shared('tokenizer.json', tokenizer)) ?? (await describeFile(root, join(folder, 'tokenizer.json'))),
    ...(config && { tokenizerConfig: config }),
    ...(golden && { golden }),
    variants,
  };
}

/** Models of one family share a tokenizer, and golden data, that lie beside their folders. */
function nearest(folder: string, name: string): string | undefined {
  return [join(folder, name), join(dirname(folder), name)].find((path) => existsSync(path));
}

async function readDelta(root: string, path: string, warnings: string[]): Promise<Delta> {
  const parsed = parseFile(deltaManifestSchema, await readJson(path), 'delta.json');
  warnings.push(...parsed.warnings.map((warning) => `${relative(root, path)}: ${warning}`));
  const { format: _, facts: _facts, subdomains, ...manifest } = parsed.value;
  const folder = dirname(path);
  const optional = async (name: string) =>
    existsSync(join(folder, name)) ? await describeFile(root, join(folder, name)) : undefined;
  const [self, head, adapter, adapterConfig] = await Promise.all([
    describeFile(root, path),
    describeFile(root, join(folder, 'head.safetensors')),
    optional('adapter_model.safetensors'),
    optional('adapter_config.json'),
  ]);
  if (manifest.rank > 0 && !adapter) throw withoutFactors(path, manifest);
  const hashes = [self, head, adapter, adapterConfig].flatMap((file) => (file ? [file.sha256] : []));
  return {
    contentId: contentId(hashes.toSorted()),
    ...manifest,
    subDomains: subdomains,
    head,
    ...(adapter && { adapter }),
    ...(adapterConfig && { adapterConfig }),
  };
}

function withoutFactors(file: string, { id, rank }: Pick<Delta, 'id' | 'rank'>): ArtifactMissingError {
  return new ArtifactMissingError({
    message: `The delta "${id}" has rank ${rank} and no adapter_model.safetensors.`,
    hint: 'Add the file, or set the rank in delta.json to 0 if the delta is a head alone.',
    facts: { file, delta: id },
  });
}

/** @throws DeltaMismatchError */
function requireBase({ id, base }: Delta, models: readonly Model[]): void {
  const known = models.filter((model) => model.id === base.id);
  const hashes = known.flatMap(({ variants }) => variants.map(({ weights }) => weights.sha256));
  if (Object.values(base.files).some((sha256) => hashes.includes(sha256))) return;
  throw new DeltaMismatchError({
    message: `The delta "${id}" belongs to a base "${base.id}" that is not in the catalog.`,
    hint:
      known.length > 0
        ? 'Its base has other weights than the one here: fit it anew on this one.'
        : 'Add its base model first.',
    facts: { delta: id, base: base.id },
  });
}

interface DomainGroup {
  readonly id: string;
  readonly deltas: readonly Delta[];
}

function groupByDomain(deltas: readonly Delta[]): DomainGroup[] {
  const ids = [...new Set(deltas.map(({ domain }) => domain))].toSorted();
  return ids.map((id) => ({ id, deltas: deltas.filter(({ domain }) => domain === id) }));
}

async function describeDomain(root: string, { id, deltas }: DomainGroup): Promise<Domain> {
  const path = join(root, dirname(dirname(deltas[0]!.head.path)), 'calibration.json');
  const calibration = existsSync(path) ? await describeFile(root, path) : undefined;
  return {
    id,
    task: 'text-classification',
    ladderRevision: ladderRevision(deltas, calibration, startHash),
    subDomains: subDomainsOf(deltas),
    ...(calibration && { calibration }),
  };
}

/** Folders such as `.incoming` hold what is not yet, or no longer, part of the models. */
const isHidden = (path: string): boolean => path.split(sep).some((part) => part.startsWith('.'));

const toPosix = (path: string): string => path.split(sep).join('/');
