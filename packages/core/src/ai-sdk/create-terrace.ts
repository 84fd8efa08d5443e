import type { EmbeddingModelV3, LanguageModelV3, ProviderV3 } from '@ai-sdk/provider';
import { createEmbeddingModel } from './embedding-model.js';
import { createLanguageModel, type LanguageRuntime } from './language-model.js';
import { noModel } from './model-id.js';

/** Terrace as a provider of the AI SDK. */
export interface TerraceProvider extends ProviderV3 {
  /** The same as `languageModel`. */
  (modelId: string): LanguageModelV3;
  /** @param modelId e.g. `auto:clinc150`, `base:clinc150/banking`, `text`, `smollm2` @throws ModelNotFoundError */
  languageModel(modelId: string): LanguageModelV3;
  /** @param modelId e.g. `base` @throws ModelNotFoundError, InvalidRequestError for a ladder */
  embeddingModel(modelId: string): EmbeddingModelV3;
  textEmbeddingModel(modelId: string): EmbeddingModelV3;
}

/**
 * Makes the tiers and ladders of a runtime models of the AI SDK: under `text` and the names of text tiers `generateText`,
 * `streamText` and `generateObject` write, under others they classify; `embed` and `embedMany` embed. What a request demands stands under `providerOptions.terrace`
 * (`minConfidence`, `maxRisk`, `deadlineMs`, `maxCostUsd`, `residency`, ...); tier, placement, confidence, cost and
 * request id come back under `providerMetadata.terrace`.
 * @param options.runtime stays the caller's: it has to be closed by whoever made it
 */
export function createTerrace({ runtime }: { readonly runtime: LanguageRuntime }): TerraceProvider {
  const languageModel = (modelId: string): LanguageModelV3 => createLanguageModel(modelId, runtime);
  const embeddingModel = (modelId: string): EmbeddingModelV3 => createEmbeddingModel(modelId, runtime);
  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: 'v3' as const,
    languageModel,
    embeddingModel,
    textEmbeddingModel: embeddingModel,
    imageModel(modelId: string): never {
      throw noModel(modelId);
    },
  });
}
