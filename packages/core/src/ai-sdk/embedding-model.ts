import type { EmbeddingModelV3 } from '@ai-sdk/provider';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { Runtime } from '../runtime/runtime-interface.js';
import type { Result } from '../runtime/result.js';
import { tokensRead } from '../runtime/tokens-read.js';
import { requestOf } from './call-options.js';
import { parseModelId } from './model-id.js';
import { metadataOf } from './provider-metadata.js';

/** Texts of one call that are in the runtime at a time: enough to fill its batches, and room for others. */
const AT_ONCE = 64;

/**
 * A tier as an embedding model.
 * @throws ModelNotFoundError; InvalidRequestError for a ladder: its rungs make embeddings that cannot be compared
 */
export function createEmbeddingModel(modelId: string, runtime: Pick<Runtime, 'run'>): EmbeddingModelV3 {
  const named = parseModelId(modelId);
  if (named.policy === 'cascade') throw isLadder(modelId);
  return {
    specificationVersion: 'v3',
    provider: 'terrace',
    modelId,
    maxEmbeddingsPerCall: AT_ONCE,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal: signal, ...options }) {
      const results = await Promise.all(
        values.map((text) =>
          runtime.run(requestOf(named, options, { task: 'feature-extraction', text }), signal && { signal }),
        ),
      );
      const [first, ...others] = results;
      return {
        embeddings: results.map(vectorOf),
        usage: { tokens: results.reduce((sum, result) => sum + tokensRead(result), 0) },
        ...(first && { providerMetadata: metadataOf(first, ...others) }),
        warnings: [],
      };
    },
  };
}

function vectorOf({ output }: Result): number[] {
  if (output.kind !== 'embedding') throw new Error(`a ${output.kind} where an embedding was asked for`);
  return [...output.vector];
}

const isLadder = (modelId: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `"${modelId.slice(0, 128)}" is a ladder, and embeddings of different models cannot be compared.`,
    hint: 'Name one tier, such as "base".',
    facts: { model: modelId.slice(0, 128) },
  });
