import {
  byWeight,
  calibrationPath,
  contentId,
  deltaFolder,
  ladderRevision,
  laddersOf,
  modelFolder,
  subDomainsOf,
  type Catalog,
  type Delta,
  type FileRef,
  type Model,
} from '@terrace/core';
import { startHash } from '../store/part.js';
import type { Contents } from '@terrace/core';

/**
 * The catalog of a bundle: the one that `terrace models index` makes of its files, for that is what a device compares
 * it with.
 */
export function bundleCatalog({ models, deltas, domains }: Contents): Catalog {
  const placed = inOrder(models, ({ id }) => modelFolder(id)).map(placeModel);
  const placedDeltas = inOrder(deltas, deltaFolder).map(placeDelta);
  const ids = [...new Set(deltas.map(({ domain }) => domain))].toSorted();
  const content = {
    format: 1 as const,
    models: placed.toSorted(byWeight),
    deltas: placedDeltas,
    domains: ids.map((id) => {
      const own = placedDeltas.filter(({ domain }) => domain === id);
      const file = domains.find((domain) => domain.id === id)?.calibration;
      const calibration = file && { ...file, path: calibrationPath(id) };
      return {
        id,
        task: 'text-classification' as const,
        ladderRevision: ladderRevision(own, calibration, startHash),
        subDomains: subDomainsOf(own),
        ...(calibration && { calibration }),
      };
    }),
    ladders: laddersOf(placed.toSorted(byWeight)),
  };
  return { ...content, revision: contentId(content, startHash) };
}

/** By the names of their manifests, as a folder is read. */
const inOrder = <T>(all: readonly T[], folderOf: (each: T) => string): T[] =>
  all.toSorted((a, b) => (`${folderOf(a)}/` < `${folderOf(b)}/` ? -1 : 1));

export const nameOf = ({ path }: FileRef): string => path.slice(path.lastIndexOf('/') + 1);

const into = (folder: string, file: FileRef): FileRef => ({ ...file, path: `${folder}/${nameOf(file)}` });

function placeModel(model: Model): Model {
  const folder = modelFolder(model.id);
  const { tokenizer, tokenizerConfig, golden, variants } = model;
  return {
    ...model,
    tokenizer: into(folder, tokenizer),
    ...(tokenizerConfig && { tokenizerConfig: into(folder, tokenizerConfig) }),
    ...(golden && { golden: into(folder, golden) }),
    variants: variants.map((variant) => ({ ...variant, weights: into(folder, variant.weights) })),
  };
}

function placeDelta(delta: Delta): Delta {
  const folder = deltaFolder(delta);
  const { head, adapter, adapterConfig } = delta;
  return {
    ...delta,
    head: into(folder, head),
    ...(adapter && { adapter: into(folder, adapter) }),
    ...(adapterConfig && { adapterConfig: into(folder, adapterConfig) }),
  };
}
