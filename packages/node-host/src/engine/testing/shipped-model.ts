import { readFile } from 'node:fs/promises';
import type { Delta, EngineDelta, EngineModel, FileRef, Model, Variant } from '@terrace/core';
import { readSafetensors, type StoredTensor } from '@terrace/core/engine';
import { openModelFolders, shippedModels } from '../../store/catalog/model-folders.js';

/**
 * The built worker: tests run from sources, threads cannot. The bundled one, because a thread inherits Vitest's
 * condition for sources, with which the other would look for core there.
 */
export const BUILT_WORKER = new URL('../../../dist/bundle/engine-worker.js', import.meta.url);

export interface ShippedModel {
  readonly model: EngineModel;
  /** Its delta for the domain. */
  readonly delta: EngineDelta;
  readonly labels: readonly string[];
  readonly head: ReadonlyMap<string, StoredTensor>;
}

/**
 * A shipped model as the loader hands it to an engine.
 * @param expectedRunMs decides where it runs; 0 is as inline as it gets
 */
export async function shippedModel(
  id: string,
  dtype: string,
  expectedRunMs: number,
  domain = 'clinc150',
): Promise<ShippedModel> {
  const folders = await openModelFolders({ shipped: shippedModels(), added: '/no/models/were/added' });
  const { models, deltas } = folders.current();
  const model = found<Model>(models.find((each) => each.id === id));
  const variant = found<Variant>(model.variants.find((each) => each.dtype === dtype));
  const delta = found<Delta>(deltas.find((each) => each.id === `${domain}/${id}`));
  const locate = (file: FileRef) => folders.locate(file);
  const { interface: layout, layers, hidden, features, contextTokens, tokenizer, tokenizerConfig } = model;
  const head = await locate(delta.head);
  return {
    labels: delta.labels,
    head: readSafetensors(await readFile(head.location)),
    model: {
      variantId: variant.weights.sha256,
      modelId: id,
      provider: 'cpu',
      batchSensitive: dtype === 'int8',
      weights: await locate(variant.weights),
      tokenizer: await locate(tokenizer),
      tokenizerConfig: tokenizerConfig && (await locate(tokenizerConfig)),
      graph: { interface: layout, layers, hidden, features },
      contextTokens,
      expectedRunMs,
    },
    delta: {
      deltaId: delta.contentId,
      rank: delta.rank,
      labelCount: delta.labels.length,
      head,
      adapter: delta.adapter && (await locate(delta.adapter)),
    },
  };
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the shipped catalog does not have it');
  return value;
}
