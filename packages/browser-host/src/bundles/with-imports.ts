import {
  candidateTiers,
  contentId,
  differingTier,
  mergeCatalogs,
  namedFilesOf,
  type Calibration,
  type Catalog,
  type Delta,
  type FileRef,
  type Model,
} from '@terrace/core';
import { startHash } from '../store/part.js';
import type { Import } from './imports.js';

/** A server's catalog with what bundles brought over it. */
export interface WithImports {
  readonly catalog: Catalog;
  /** Those of which something is left in it. */
  readonly bundles: readonly Import[];
  /** sha256 of what they brought and the server does not have. */
  readonly files: readonly string[];
  /** Domains whose calibration, from a bundle, was made with something else than what is there. */
  readonly uncalibrated: readonly string[];
}

/** A device that no server has given a catalog. */
export function emptyCatalog(): Catalog {
  const content = { format: 1 as const, models: [], deltas: [], domains: [], ladders: [] };
  return { ...content, revision: contentId(content, startHash) };
}

/**
 * Puts imported catalogs over the server's own, as the command does with folders: a later one wins, and what the server
 * brings under the same name gives way.
 * @param calibrationOf where it is here
 */
export async function withImports(
  own: Catalog,
  bundles: readonly Import[],
  calibrationOf: (file: FileRef) => Promise<Calibration | undefined>,
): Promise<WithImports> {
  if (bundles.length === 0) return { catalog: own, bundles, files: [], uncalibrated: [] };
  const named = namesOf(own);
  const layers = bundles.map(({ catalog }) => renamed(catalog, named));
  const merged = stack(own, layers);
  const uncalibrated = await staleDomains(merged, layers, calibrationOf);
  const catalog =
    uncalibrated.length === 0
      ? merged
      : stack(
          own,
          layers.map((each) => without(each, uncalibrated)),
        );
  const left = bundles.filter((_, index) => isIn(catalog, layers[index]!));
  const files = new Set(left.flatMap((each) => each.files.map(({ sha256 }) => sha256)));
  return { catalog, bundles: left, files: [...files].filter((sha256) => !named.has(sha256)), uncalibrated };
}

/** Whether a catalog has all that a bundle brings: then it is no import, but a way for its files to come. */
export function isCovered(bundle: Catalog, own: Catalog): boolean {
  const weights = new Set(
    own.models.flatMap(({ id, variants }) => variants.map((each) => `${id} ${each.weights.sha256}`)),
  );
  const deltas = new Set(own.deltas.map(({ contentId: id }) => id));
  const calibrations = new Set(own.domains.map(({ id, calibration }) => `${id} ${calibration?.sha256}`));
  return (
    bundle.models.every(({ id, variants }) => variants.every((each) => weights.has(`${id} ${each.weights.sha256}`))) &&
    bundle.deltas.every(({ contentId: id }) => deltas.has(id)) &&
    bundle.domains.every(({ id, calibration }) => !calibration || calibrations.has(`${id} ${calibration.sha256}`))
  );
}

const stack = (own: Catalog, layers: readonly Catalog[]): Catalog =>
  layers.reduce((below, above) => mergeCatalogs({ below, above, startHash }), own);

type Names = ReadonlyMap<string, FileRef>;

const namesOf = (catalog: Catalog): Names => new Map(namedFilesOf(catalog).map((file) => [file.sha256, file]));

/** A content that the server has, too, goes by the server's name: there it can be fetched again. */
function renamed(catalog: Catalog, named: Names): Catalog {
  const name = (file: FileRef): FileRef => named.get(file.sha256) ?? file;
  const optional = <K extends string>(key: K, file: FileRef | undefined): { [P in K]?: FileRef } =>
    (file && { [key]: name(file) }) as { [P in K]?: FileRef };
  const ofModel = (model: Model): Model => ({
    ...model,
    tokenizer: name(model.tokenizer),
    ...optional('tokenizerConfig', model.tokenizerConfig),
    ...optional('golden', model.golden),
    variants: model.variants.map((variant) => ({ ...variant, weights: name(variant.weights) })),
  });
  const ofDelta = (delta: Delta): Delta => ({
    ...delta,
    head: name(delta.head),
    ...optional('adapter', delta.adapter),
    ...optional('adapterConfig', delta.adapterConfig),
  });
  return {
    ...catalog,
    models: catalog.models.map(ofModel),
    deltas: catalog.deltas.map(ofDelta),
    domains: catalog.domains.map((domain) => ({ ...domain, ...optional('calibration', domain.calibration) })),
  };
}

/** Beside a calibration that was made with something else every request of its domain would be refused. */
async function staleDomains(
  merged: Catalog,
  layers: readonly Catalog[],
  calibrationOf: (file: FileRef) => Promise<Calibration | undefined>,
): Promise<string[]> {
  const brought = new Set(layers.flatMap(({ domains }) => domains.map(({ calibration }) => calibration?.sha256)));
  const stale: string[] = [];
  for (const { id, task, calibration } of merged.domains) {
    if (!calibration || !brought.has(calibration.sha256)) continue;
    const known = await calibrationOf(calibration);
    const tiers = candidateTiers(merged, { task, domain: id, subDomain: undefined });
    if (!known || known.domain !== id || differingTier(known, tiers) !== undefined) stale.push(id);
  }
  return stale;
}

const without = (catalog: Catalog, uncalibrated: readonly string[]): Catalog => ({
  ...catalog,
  domains: catalog.domains.map(({ calibration, ...domain }) => ({
    ...domain,
    ...(calibration && !uncalibrated.includes(domain.id) && { calibration }),
  })),
});

/** Merging keeps the very entries it takes over. */
const isIn = ({ models, deltas }: Catalog, layer: Catalog): boolean =>
  layer.models.some((model) => models.includes(model)) || layer.deltas.some((delta) => deltas.includes(delta));
