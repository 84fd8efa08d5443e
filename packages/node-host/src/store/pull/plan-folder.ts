import {
  DEFAULT_PROVIDERS,
  deltaManifestSchema,
  DownloadError,
  InvalidRequestError,
  modelManifestSchema,
  parseFile,
  type Variant,
} from '@terrace/core';
import { DELTA_SIGNATURE } from '../../trust/signature-files.js';
import { UNSIGNED } from '../../trust/signed-by.js';
import { readHubCard } from '../add/hub-card.js';
import { readHubConfig } from '../add/hub-config.js';
import { hubLicence, toId } from '../add/hub-manifest.js';
import { requireChatTemplate } from '../add/hub-text.js';
import { chooseHubWeights } from '../add/hub-weights.js';
import { LIMITS } from '../add/source-folder.js';
import { LICENCE_FILES } from '../add/stage-model.js';
import { goldenFile } from '../catalog/golden-file.js';
import { parseJson } from '../files/read-json.js';
import type { PullSource } from '../fetch/pull-source.js';
import type { PullWish } from './choose-pull.js';
import { inMemory } from './in-memory.js';
import type { PlannedFile, PlannedItem, PullPlan } from './pull-plan.js';
import { readSignature } from './source-signatures.js';

type Dtype = Variant['dtype'];

/** What a manifest is made of. */
const MANIFEST_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'README.md',
  ...LICENCE_FILES,
];

interface Planning {
  readonly wish: PullWish;
  readonly signal: AbortSignal;
}

/** A plan for one model in Terrace's layout. @throws InvalidCatalogError, InvalidRequestError, DownloadError */
export async function planModelFolder(source: PullSource, bytes: Uint8Array, planning: Planning): Promise<PullPlan> {
  const json = parseJson(new TextDecoder().decode(bytes), `${source.place}model.json`);
  const { value, warnings } = parseFile(modelManifestSchema, json, 'model.json');
  const all = Object.entries(value.files) as [Dtype, (typeof value.files)[Dtype] & object][];
  const wanted = all.filter(([dtype, { providers }]) =>
    runs(dtype, providers ?? DEFAULT_PROVIDERS[dtype], planning.wish),
  );
  if (wanted.length === 0)
    throw noVariant(
      value.id,
      all.map(([dtype]) => dtype),
    );
  const origin = source.origin('');
  const { source: _, ...fields } = value;
  const manifest = { ...fields, ...(origin !== undefined && { source: origin }), files: Object.fromEntries(wanted) };
  const files = new Map<string, PlannedFile>([
    ['model.json', inMemory('model.json', Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))],
    ...wanted.map(([, { path, bytes: size, sha256 }]) => [path, { path, bytes: size, sha256 }] as const),
  ]);
  // A family of models may keep these in the folder around.
  const shared: (readonly [string, number])[] = [
    ...(value.tokenizer ? [] : ([['tokenizer.json', LIMITS.tokenizer]] as const)),
    ...(value.tokenizerConfig ? [] : ([['tokenizer_config.json', LIMITS.manifest]] as const)),
    [goldenFile(value), LIMITS.manifest],
  ];
  for (const [name, maxBytes] of shared) {
    const found =
      (await readListed(source, name, maxBytes, planning.signal)) ??
      (await readListed(source, `../${name}`, maxBytes, planning.signal));
    if (found) files.set(name, found);
  }
  // What a manifest announces goes by its hash, and by the name that it has there.
  for (const announced of [value.tokenizer, value.tokenizerConfig]) if (announced) files.set(announced.path, announced);
  const licensed = { ...value, variants: variantsOf(wanted) };
  return {
    signer: UNSIGNED,
    items: [{ kind: 'model', id: value.id, name: value.id, files, licensed }],
    present: [],
    notes: warnings,
  };
}

/** A plan for one delta. @throws InvalidCatalogError, DownloadError */
export async function planDeltaFolder(source: PullSource, bytes: Uint8Array, { signal }: Planning): Promise<PullPlan> {
  const json = parseJson(new TextDecoder().decode(bytes), `${source.place}delta.json`);
  const { value, warnings } = parseFile(deltaManifestSchema, json, 'delta.json');
  const files = new Map<string, PlannedFile>([['delta.json', inMemory('delta.json', bytes)]]);
  for (const name of ['head.safetensors', 'adapter_model.safetensors', 'adapter_config.json']) {
    const found = await readListed(source, name, LIMITS.tensors, signal);
    if (found) files.set(name, found);
  }
  const signature = await readSignature(source, DELTA_SIGNATURE, signal);
  if (signature) files.set(DELTA_SIGNATURE, inMemory(DELTA_SIGNATURE, signature));
  return {
    signer: UNSIGNED,
    items: [{ kind: 'delta', id: value.id, name: value.id, files }],
    present: [],
    notes: warnings,
  };
}

/**
 * A plan for a repository in the layout of the hub: what the manifest is made of, and weights of the types that suit
 * the device best, as the hub lists them.
 * @throws InvalidRequestError, DownloadError, ArtifactCorruptError
 */
export async function planHubModel(source: PullSource, { wish, signal }: Planning): Promise<PullPlan> {
  const paths = source.paths ?? [];
  const inside = paths.some((path) => path.startsWith('onnx/')) ? 'onnx/' : '';
  const names = paths.filter((path) => path.startsWith(inside)).map((path) => path.slice(inside.length));
  const chosen = chooseHubWeights(names.filter((name) => !name.includes('/')));
  const files = new Map<string, PlannedFile>();
  for (const name of MANIFEST_FILES) {
    const found = await readListed(source, name, LIMITS.tokenizer, signal);
    if (found) files.set(name, found);
  }
  const text = (name: string): string | undefined => {
    const bytes = files.get(name)?.inMemory;
    return bytes && new TextDecoder().decode(bytes);
  };
  const isText = requireRunnable(text, paths);
  const dtypes = bestDtypes(
    chosen.files.map(({ dtype }) => dtype),
    wish,
    isText,
  );
  const id = toId(source.name);
  if (dtypes.length === 0)
    throw noVariant(
      id,
      chosen.files.map(({ dtype }) => dtype),
    );
  const weights: [Dtype, PlannedFile][] = [];
  for (const { dtype, name } of chosen.files.filter((each) => dtypes.includes(each.dtype))) {
    const path = inside + name;
    const known = source.known(path);
    const file = known ? { ...known, path } : await readListed(source, path, LIMITS.tensors, signal);
    if (!file) throw new DownloadError({ message: `${source.place} has no ${path}.`, hint: 'Try again later.' });
    files.set(path, file);
    weights.push([dtype, file]);
  }
  const card = text('README.md');
  const licence = hubLicence({
    card: card === undefined ? undefined : readHubCard(card),
    licenceText: text('LICENSE'),
  });
  const publisher = /^hf:([^/]+)\//.exec(source.place)?.[1] ?? 'local';
  const item: PlannedItem = {
    kind: 'model',
    id,
    name: source.name,
    files,
    licensed: { id, licence, publisher, variants: variantsOf(weights) },
  };
  return { signer: UNSIGNED, items: [item], present: [], notes: [] };
}

/**
 * Before the long wait: whether it is a model that generates text, and has all that takes.
 * @throws InvalidCatalogError, InvalidRequestError
 */
function requireRunnable(text: (name: string) => string | undefined, paths: readonly string[]): boolean {
  const json = (name: string): unknown => {
    const found = text(name);
    return found === undefined ? undefined : parseJson(found, name);
  };
  const tokenizerConfig = json('tokenizer_config.json');
  const shape = readHubConfig(json('config.json'), tokenizerConfig, json('generation_config.json'));
  if (shape.text) requireChatTemplate(tokenizerConfig, paths);
  return shape.text !== undefined;
}

/** Nothing is asked for that a source which can tell does not list. */
async function readListed(
  source: PullSource,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<PlannedFile | undefined> {
  if (source.paths && !path.startsWith('../') && !source.paths.includes(path)) return undefined;
  const bytes = await source.read(path, maxBytes, signal);
  return bytes && inMemory(path, bytes);
}

const runs = (dtype: Dtype, providers: readonly string[], wish: PullWish): boolean =>
  wish.dtype === undefined ? providers.some((id) => wish.providers.includes(id)) : dtype === wish.dtype;

/** What is fast where, best first. A repository of the hub holds the same weights in many types: one a provider is enough. */
const BEST: Readonly<Record<string, readonly Dtype[]>> = { cpu: ['int8', 'q4', 'fp32'] };
const BEST_ELSEWHERE: readonly Dtype[] = ['fp16', 'fp32', 'q4'];

/** A token is a product with every weight there is: the smaller ones are the faster ones. */
const BEST_OF_TEXT: readonly Dtype[] = ['q4', 'q4f16', 'int8', 'fp32'];

function bestDtypes(offered: readonly Dtype[], { dtype, providers }: PullWish, isText: boolean): Dtype[] {
  if (dtype !== undefined) return offered.filter((each) => each === dtype);
  const best = providers.map((provider) =>
    (isText ? BEST_OF_TEXT : (BEST[provider] ?? BEST_ELSEWHERE)).find(
      (each) => offered.includes(each) && DEFAULT_PROVIDERS[each].includes(provider),
    ),
  );
  return [...new Set(best)].filter((each) => each !== undefined);
}

const variantsOf = (files: readonly (readonly [Dtype, { bytes: number; sha256: string; path: string }])[]): Variant[] =>
  files.map(([dtype, { path, bytes, sha256 }]) => ({
    dtype,
    providers: [...DEFAULT_PROVIDERS[dtype]],
    weights: { path, bytes, sha256 },
  }));

const noVariant = (id: string, dtypes: readonly string[]): InvalidRequestError =>
  new InvalidRequestError({
    message: `${id} cannot be pulled: no variant runs on this device.`,
    hint: `It comes as ${dtypes.join(', ') || 'nothing'}: name one with --dtype to pull it all the same.`,
    facts: { model: id },
  });
