import type { FileRef } from '../../catalog/fields.js';
import type { FetchProgress, LocatedFile, ModelStore } from '../../ports/model-store.js';
import type { TextEngineDelta, TextModel } from '../../ports/text-engine.js';
import type { RatedTextTier } from '../plan/text-plan.js';
import type { LocalTextTier } from '../text-tier.js';

/** A rung of this device. */
export type LocalTextRung = RatedTextTier & { readonly tier: LocalTextTier };

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the download, with all files of it counted from the first event on. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * What an engine needs to load a rung, its files within reach.
 * @throws ArtifactMissingError, ArtifactCorruptError, DownloadError, StorageError, the signal's reason
 */
export async function textModel(
  { tier, estimate }: LocalTextRung,
  store: ModelStore,
  { signal, onProgress }: FetchOptions = {},
): Promise<TextModel> {
  const { model, variant, delta } = tier;
  const files = [variant.weights, model.tokenizer, model.tokenizerConfig, delta?.adapter].filter(
    (file) => file !== undefined,
  );
  const missing = files.filter((file) => store.presence(file) !== 'here');
  const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  const located = new Map<FileRef, LocatedFile>();
  // The small ones first: a mistake in them shows before the long wait.
  for (const file of files.toSorted((a, b) => a.bytes - b.bytes)) {
    const progress = (event: FetchProgress): void =>
      onProgress?.({ ...event, doneBytes: before + event.doneBytes, totalBytes });
    located.set(file, await store.locate(file, { signal, onProgress: progress }));
    if (missing.includes(file)) before += file.bytes;
  }
  return {
    variantId: variant.weights.sha256,
    modelId: model.id,
    provider: estimate.provider,
    weights: located.get(variant.weights)!,
    tokenizer: located.get(model.tokenizer)!,
    tokenizerConfig: model.tokenizerConfig && located.get(model.tokenizerConfig),
    shape: model.text,
    layers: model.layers,
    vocabulary: model.features,
    contextTokens: estimate.contextTokens,
    kvBytes: estimate.kvBytes,
    delta: engineDelta(tier, located),
  };
}

/** What is a template alone changes no weights. */
function engineDelta(
  { delta }: LocalTextTier,
  located: ReadonlyMap<FileRef, LocatedFile>,
): TextEngineDelta | undefined {
  if (!delta || delta.kind === 'prompt' || !delta.adapter) return undefined;
  const { contentId, kind, rank, scale, adapter } = delta;
  return { deltaId: contentId, kind, rank, scale, adapter: located.get(adapter)! };
}

/** Sessions of equal weights and delta are one. */
export const sessionKey = ({ tier: { variant, delta } }: LocalTextRung): string =>
  `${variant.weights.sha256} ${delta?.adapter ? delta.contentId : ''}`;
