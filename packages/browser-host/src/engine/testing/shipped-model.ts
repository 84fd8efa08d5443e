import type { Catalog, EngineDelta, EngineModel, FileRef, Golden } from '@terrace/core';
import { readSafetensors, type LocatedFile, type StoredTensor } from '@terrace/core/engine';
import { filesIn } from '../../page/own-files.js';

const inCheckout = (path: string): string => new URL(path, location.origin).href;

/** The bundle, as a page is served it. */
export const BUILT_FILES = filesIn(new URL(inCheckout('/terrace/')));

export interface ShippedModel {
  readonly model: EngineModel;
  /** Its delta for clinc150. */
  readonly delta: EngineDelta;
  readonly head: ReadonlyMap<string, StoredTensor>;
}

/** What a shipped model is known to answer. */
export async function goldenOf(id: string): Promise<Golden> {
  const { golden } = found((await shippedCatalog()).models.find((model) => model.id === id));
  return (await (await fetch(located(found(golden)).location)).json()) as Golden;
}

/** A shipped model as the loader hands it to an engine, its files at their addresses. */
export async function shippedModel(id: string, dtype: string, provider: string): Promise<ShippedModel> {
  const catalog = await shippedCatalog();
  const model = found(catalog.models.find((each) => each.id === id));
  const variant = found(model.variants.find((each) => each.dtype === dtype));
  const delta = found(catalog.deltas.find((each) => each.id === `clinc150/${id}`));
  const { interface: layout, layers, hidden, features, contextTokens, tokenizer, tokenizerConfig } = model;
  const head = located(delta.head);
  return {
    head: readSafetensors(new Uint8Array(await (await fetch(head.location)).arrayBuffer())),
    model: {
      variantId: variant.weights.sha256,
      modelId: id,
      provider,
      batchSensitive: dtype === 'int8',
      weights: located(variant.weights),
      tokenizer: located(tokenizer),
      tokenizerConfig: tokenizerConfig && located(tokenizerConfig),
      graph: { interface: layout, layers, hidden, features },
      contextTokens,
      expectedRunMs: 1,
    },
    delta: {
      deltaId: delta.contentId,
      rank: delta.rank,
      labelCount: delta.labels.length,
      head,
      adapter: delta.adapter && located(delta.adapter),
    },
  };
}

const shippedCatalog = async (): Promise<Catalog> => (await (await fetch('/catalog.json')).json()) as Catalog;

const located = ({ path, bytes, sha256 }: FileRef): LocatedFile => ({
  location: inCheckout(`/${path}`),
  bytes,
  sha256,
});

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the shipped catalog does not have it');
  return value;
}
