import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { Runtime } from '../runtime/runtime-interface.js';
import { tokensRead } from '../runtime/tokens-read.js';
import { ignoredSettings, lastUserText, requestOf, wantedForm } from './call-options.js';
import { parseModelId, type NamedModel } from './model-id.js';
import { metadataOf } from './provider-metadata.js';
import { tellAnswer, type ToldAnswer } from './tell-answer.js';
import { createTextModel, type TextModels } from './text-model.js';

/** What language models are made of: answers to requests, and text where the runtime has it. */
export type LanguageRuntime = Pick<Runtime, 'run'> | (Pick<Runtime, 'run'> & TextModels);

/**
 * A tier or a ladder as a language model. Under the name of text it writes; under others it classifies, unless the name is
 * that of a tier that generates text, without a domain.
 * @throws ModelNotFoundError
 */
export function createLanguageModel(modelId: string, runtime: LanguageRuntime): LanguageModelV3 {
  const named = parseModelId(modelId);
  const labels = createLabelModel(named, runtime);
  const text = 'stream' in runtime ? runtime : undefined;
  const written = text && createTextModel({ ...named, policy: isTextLadder(named) ? 'cascade' : named.policy }, text);
  const pick = async (): Promise<Pick<LanguageModelV3, 'doGenerate' | 'doStream'>> => {
    if (!written || !text) return labels;
    return isTextLadder(named) || (await generatesText(named, text)) ? written : labels;
  };
  return {
    specificationVersion: 'v3',
    provider: 'terrace',
    modelId,
    supportedUrls: {},
    doGenerate: async (options) => (await pick()).doGenerate(options),
    doStream: async (options) => (await pick()).doStream(options),
  };
}

/** The name of the ladder of text tiers. */
const isTextLadder = ({ policy }: NamedModel): boolean => policy === 'text' || policy === 'terrace';

/** Whether a name is that of a text tier. A ladder of labels, and whatever has a domain, has always classified. */
async function generatesText({ policy, domain }: NamedModel, runtime: TextModels): Promise<boolean> {
  if (policy === 'cascade' || domain !== undefined) return false;
  try {
    await runtime.recommend({ task: 'text-generation', policy });
    return true;
  } catch (error) {
    // That it fits nowhere now is for its answer to say.
    return !InvalidRequestError.isInstance(error);
  }
}

/**
 * A tier or a ladder that classifies the last user message. The answer is the label; where JSON or a
 * tool call is asked for, an object with the label, and how sure it is, in it. What was said before is not read.
 */
function createLabelModel(
  named: NamedModel,
  runtime: Pick<Runtime, 'run'>,
): Pick<LanguageModelV3, 'doGenerate' | 'doStream'> {
  async function generate(
    options: LanguageModelV3CallOptions,
  ): Promise<LanguageModelV3GenerateResult & { readonly told: ToldAnswer }> {
    const wanted = wantedForm(options);
    const text = lastUserText(options.prompt);
    const request = requestOf(named, options, { task: 'text-classification', text });
    const { abortSignal: signal } = options;
    const result = await runtime.run(request, signal && { signal });
    const told = tellAnswer(wanted, result);
    const tokens = tokensRead(result);
    return {
      told,
      content: [told.content],
      finishReason: told.finishReason,
      usage: {
        inputTokens: { total: tokens, noCache: tokens, cacheRead: 0, cacheWrite: 0 },
        // A label is one choice, as Terrace's server counts it.
        outputTokens: { total: 1, text: 1, reasoning: 0 },
      },
      providerMetadata: metadataOf(result),
      response: { id: result.requestId, modelId: result.tier },
      warnings: ignoredSettings(options),
    };
  }

  return {
    async doGenerate(options) {
      const { told: _, ...generated } = await generate(options);
      return generated;
    },
    // A label cannot be taken back once it is said: it is streamed when it is certain.
    async doStream(options) {
      const parts = partsOf(await generate(options));
      return {
        stream: new ReadableStream<LanguageModelV3StreamPart>({
          start(controller) {
            for (const part of parts) controller.enqueue(part);
            controller.close();
          },
        }),
      };
    },
  };
}

function partsOf({
  told: { content },
  finishReason,
  usage,
  providerMetadata,
  response,
  warnings,
}: LanguageModelV3GenerateResult & { readonly told: ToldAnswer }): LanguageModelV3StreamPart[] {
  return [
    { type: 'stream-start', warnings },
    { type: 'response-metadata', ...response },
    ...contentParts(content),
    { type: 'finish', finishReason, usage, ...(providerMetadata && { providerMetadata }) },
  ];
}

const ID = '0';

function contentParts(content: ToldAnswer['content']): LanguageModelV3StreamPart[] {
  if (content.type === 'text') {
    return [
      { type: 'text-start', id: ID },
      { type: 'text-delta', id: ID, delta: content.text },
      { type: 'text-end', id: ID },
    ];
  }
  const { toolCallId: id, toolName, input } = content;
  return [
    { type: 'tool-input-start', id, toolName },
    { type: 'tool-input-delta', id, delta: input },
    { type: 'tool-input-end', id },
    content,
  ];
}
