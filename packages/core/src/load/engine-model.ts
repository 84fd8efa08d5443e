import { labelsOf, type LocalTier } from '../catalog/tier.js';
import type { FileRef } from '../catalog/fields.js';
import type { Delta } from '../catalog/schema.js';
import type { EngineDelta, EngineModel } from '../ports/model-engine.js';
import type { LocatedFile, ModelStore } from '../ports/model-store.js';

/**
 * What an engine needs to load the variant of a tier.
 * @throws ArtifactMissingError
 */
export async function engineModel(
  { model, variant }: Pick<LocalTier, 'model' | 'variant'>,
  {
    store,
    provider,
    expectedRunMs,
    signal,
  }: { store: Pick<ModelStore, 'locate'>; provider: string; expectedRunMs: number; signal?: AbortSignal },
): Promise<EngineModel> {
  const locate = (file: FileRef): Promise<LocatedFile> => store.locate(file, signal && { signal });
  const [weights, tokenizer, tokenizerConfig] = await Promise.all([
    locate(variant.weights),
    locate(model.tokenizer),
    model.tokenizerConfig && locate(model.tokenizerConfig),
  ]);
  const { interface: layout, layers, hidden, features, contextTokens } = model;
  return {
    variantId: variant.weights.sha256,
    modelId: model.id,
    provider,
    batchSensitive: variant.dtype === 'int8',
    weights,
    tokenizer,
    tokenizerConfig,
    graph: { interface: layout, layers, hidden, features },
    contextTokens,
    expectedRunMs,
  };
}

/**
 * What an engine needs to attach the delta of a tier.
 * @throws ArtifactMissingError
 */
export async function engineDelta(
  tier: LocalTier & { readonly delta: Delta },
  store: ModelStore,
  signal?: AbortSignal,
): Promise<EngineDelta> {
  const options = signal && { signal };
  const { delta } = tier;
  const [head, adapter] = await Promise.all([
    store.locate(delta.head, options),
    delta.adapter && store.locate(delta.adapter, options),
  ]);
  const { contentId: deltaId, rank, scale } = delta;
  return { deltaId, rank, ...(scale !== undefined && { scale }), labelCount: labelsOf(tier).length, head, adapter };
}
