import type { EmbeddingModelV2, EmbeddingModelV3, LanguageModelV2, LanguageModelV3 } from '@ai-sdk/provider';
import { z } from 'zod/mini';
import type { TaskId } from '../catalog/fields.js';
import type { Clock } from '../ports/clock.js';
import { aiSdkFailure } from './ai-sdk-failure.js';
import { answerSchema, answerTokens, classificationPrompt, readLabel } from './classification-prompt.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
import { noLabel, notForIt, wrongAnswer } from './exchange-failure.js';
import { waitFor } from '../wait/wait-for.js';
import { atMost, countSchema, parseValue } from './parse-reply.js';
import { embeddingAnswer, estimatedTokens, labelAnswer } from './reply-values.js';

type AiSdkLanguageModel = LanguageModelV2 | LanguageModelV3;
type AiSdkEmbeddingModel = EmbeddingModelV2<string> | EmbeddingModelV3;
/** A model object of the AI SDK, of either specification. */
export type AiSdkModel = AiSdkLanguageModel | AiSdkEmbeddingModel;

/**
 * A model object of the AI SDK as an endpoint: a language model classifies, an embedding model embeds.
 * @param id what errors call it; its own name by default
 */
export function createAiSdkClient({
  model,
  clock = { wallMs: () => Date.now() },
  id = `${model.provider}/${model.modelId}`,
}: {
  readonly model: AiSdkModel;
  readonly clock?: Pick<Clock, 'wallMs'>;
  readonly id?: string;
}): EndpointClient {
  const task: TaskId = 'doEmbed' in model ? 'feature-extraction' : 'text-classification';
  return {
    async ask(ask, signal) {
      signal.throwIfAborted();
      if (ask.task !== task) throw notForIt(id, `does not do ${ask.task}`, `It does ${task}.`);
      try {
        return await waitFor(
          'doEmbed' in model ? embed(id, model, ask, signal) : classify(id, model, ask, signal),
          signal,
        );
      } catch (error) {
        signal.throwIfAborted();
        throw aiSdkFailure(id, error, clock.wallMs());
      }
    },
    describe: () =>
      Promise.resolve({
        models: [model.modelId],
        tasks: [task],
        labels: undefined,
        serves: undefined,
        tensors: undefined,
      }),
  };
}

/** Version 2 has a number, version 3 an object. */
const tokensSchema = z.nullish(z.union([countSchema, z.object({ total: z.nullish(countSchema) })]));
const generatedSchema = z.object({
  content: atMost(1024, z.object({ type: z.string(), text: z.optional(z.string().check(z.maxLength(65_536))) })),
  usage: z.nullish(z.object({ inputTokens: tokensSchema, outputTokens: tokensSchema })),
});
const embeddedSchema = z.object({
  embeddings: atMost(
    1,
    z.custom<ArrayLike<unknown>>((value) => Array.isArray(value) || ArrayBuffer.isView(value)),
  ),
  usage: z.nullish(z.object({ tokens: z.nullish(countSchema) })),
});

async function classify(
  id: string,
  model: AiSdkLanguageModel,
  { text, labels, outOfScopeLabel }: RemoteAsk,
  abortSignal: AbortSignal,
): Promise<RemoteReply> {
  const prompt = classificationPrompt(labels, outOfScopeLabel);
  const generated = await model.doGenerate({
    prompt: [
      { role: 'system', content: prompt },
      { role: 'user', content: [{ type: 'text', text }] },
    ],
    responseFormat: { type: 'json', name: 'classification', schema: answerSchema(labels) },
    temperature: 0,
    maxOutputTokens: answerTokens(labels),
    abortSignal,
  });
  const { content, usage } = parseValue(id, generatedSchema, generated);
  const written = content.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('');
  const found = readLabel(written);
  if (!found) throw noLabel(id);
  return {
    answer: labelAnswer(id, found.said, labels, undefined),
    inputTokens: tokensOf(usage?.inputTokens) ?? estimatedTokens(prompt + text),
    outputTokens: tokensOf(usage?.outputTokens) ?? estimatedTokens(written),
    // What the provider makes of it is not known: the texts themselves are.
    ...ofTexts(prompt + text, written.length),
  };
}

async function embed(
  id: string,
  model: AiSdkEmbeddingModel,
  { text }: RemoteAsk,
  abortSignal: AbortSignal,
): Promise<RemoteReply> {
  const embedded = await model.doEmbed({ values: [text], abortSignal });
  const { embeddings, usage } = parseValue(id, embeddedSchema, embedded);
  const [vector] = embeddings;
  if (!vector) throw wrongAnswer(id, 'it has not one embedding');
  return {
    answer: embeddingAnswer(id, vector),
    inputTokens: usage?.tokens ?? estimatedTokens(text),
    outputTokens: 0,
    ...ofTexts(text, vector.length * 4),
  };
}

const tokensOf = (tokens: z.infer<typeof tokensSchema>): number | undefined =>
  (typeof tokens === 'number' ? tokens : tokens?.total) ?? undefined;

const ofTexts = (sent: string, receivedBytes: number) => ({
  sentBytes: utf8.encode(sent).length,
  receivedBytes,
  computedBy: undefined,
  costUsd: undefined,
});

const utf8 = new TextEncoder();
