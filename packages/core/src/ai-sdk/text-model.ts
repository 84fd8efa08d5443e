import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3StreamResult,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import { begun, type Begun } from '../forms/begun.js';
import type { TextFace } from '../runtime/text/with-text.js';
import type { TextResult } from '../runtime/text/text-result.js';
import type { TextStep } from '../runtime/text/text-step.js';
import type { ForcedCall } from '../tasks/text-generation/forced-call.js';
import type { TextChoice } from '../tasks/text-generation/text-output.js';
import type { NamedModel } from './model-id.js';
import { answeredBy } from './provider-metadata.js';
import { readTextCall, type TextCall } from './text-call.js';

/** What answers in text. */
export type TextModels = Pick<TextFace, 'run' | 'stream' | 'recommend'>;

/** A text tier, or the ladder of them, as a language model. */
export function createTextModel(
  named: NamedModel,
  runtime: TextModels,
): Pick<LanguageModelV3, 'doGenerate' | 'doStream'> {
  return {
    async doGenerate(options) {
      const call = readTextCall(named, options);
      return generated(await runtime.run(call.input, signalOf(options)), call);
    },
    async doStream(options) {
      const call = readTextCall(named, options);
      const over = new AbortController();
      return streamed(await begun(stepsOf(runtime, call, options, over)), call, over);
    },
  };
}

const signalOf = ({ abortSignal: signal }: LanguageModelV3CallOptions) => (signal ? { signal } : {});

/** The steps of a call that ends with its signal, and with `over`. */
async function* stepsOf(
  runtime: TextModels,
  { input }: TextCall,
  { abortSignal }: LanguageModelV3CallOptions,
  over: AbortController,
): AsyncGenerator<TextStep, TextResult> {
  const forward = (): void => over.abort(abortSignal?.reason);
  if (abortSignal?.aborted) forward();
  abortSignal?.addEventListener('abort', forward, { once: true });
  try {
    return yield* runtime.stream(input, { signal: over.signal });
  } finally {
    abortSignal?.removeEventListener('abort', forward);
  }
}

function generated(result: TextResult, { forced, warnings }: TextCall): LanguageModelV3GenerateResult {
  return {
    content: contentOf(result, forced),
    finishReason: finishOf(result, forced),
    usage: usageOf(result),
    providerMetadata: textMetadata(result),
    response: { id: result.requestId, modelId: result.tier },
    warnings,
  };
}

function contentOf(result: TextResult, forced: ForcedCall | undefined): LanguageModelV3Content[] {
  const choice = result.output.choices[0]!;
  const { text } = choice;
  const calls = callsOf(result, forced);
  const isSaid = !callIn(choice, forced) && (text !== '' || calls.length === 0);
  return [...(isSaid ? [{ type: 'text' as const, text }] : []), ...calls];
}

type Call = Extract<LanguageModelV3Content, { type: 'tool-call' }>;

/** The call that a text is: a tier with calls of its own may have made one. */
const callIn = ({ toolCalls, text }: TextChoice, forced: ForcedCall | undefined) =>
  toolCalls.length === 0 ? forced?.read(text) : undefined;

function callsOf({ output, requestId }: TextResult, forced: ForcedCall | undefined): Call[] {
  const choice = output.choices[0]!;
  const call = callIn(choice, forced);
  if (call) return [{ type: 'tool-call', toolCallId: `call_${requestId}`, toolName: call.name, input: call.arguments }];
  return choice.toolCalls.map(({ id, name, arguments: input }) => ({
    type: 'tool-call',
    toolCallId: id,
    toolName: name,
    input,
  }));
}

function finishOf({ output }: TextResult, forced: ForcedCall | undefined): LanguageModelV3FinishReason {
  const choice = output.choices[0]!;
  const { finishReason: raw, toolCalls } = choice;
  if (raw === 'cancelled') return { unified: 'other', raw };
  const isCall = toolCalls.length > 0 || callIn(choice, forced) !== undefined;
  return { unified: isCall && raw === 'stop' ? 'tool-calls' : raw, raw };
}

function usageOf({ usage: { inputTokens, cachedTokens, outputTokens } }: TextResult) {
  return {
    inputTokens: {
      total: inputTokens,
      noCache: inputTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: undefined },
  };
}

function textMetadata(result: TextResult): SharedV3ProviderMetadata {
  const { costUsd, firstTokenMs, tokensPerSecond } = result;
  const { labels } = result.output.choices[0]!;
  return {
    terrace: {
      ...answeredBy(result),
      costUsd,
      firstTokenMs: firstTokenMs ?? null,
      tokensPerSecond: tokensPerSecond ?? null,
      ...(labels && { labels: labels.map(({ label, logProb }) => ({ label, logProb })) }),
    },
  };
}

/** A part is made when somebody takes it; whoever stops taking them ends the answer, also while nothing comes. */
function streamed(
  steps: Begun<TextStep, TextResult>,
  call: TextCall,
  over: AbortController,
): LanguageModelV3StreamResult {
  const parts = partsOf(steps, call);
  return {
    stream: new ReadableStream<LanguageModelV3StreamPart>(
      {
        async pull(controller) {
          const { done, value } = await parts.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          over.abort();
          await parts.return(undefined);
          await steps.rest.return(undefined as never);
        },
      },
      { highWaterMark: 0 },
    ),
  };
}

const ID = '0';
const UNKNOWN_USAGE = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

async function* partsOf(
  { first, rest }: Begun<TextStep, TextResult>,
  { forced, warnings }: TextCall,
): AsyncGenerator<LanguageModelV3StreamPart> {
  yield { type: 'stream-start', warnings };
  let isSaid = false;
  try {
    for (let step: TextStep | undefined = first; step; step = await nextOf(rest)) {
      if (step.kind === 'text' && step.text !== '' && forced === undefined) {
        if (!isSaid) yield { type: 'text-start', id: ID };
        isSaid = true;
        yield { type: 'text-delta', id: ID, delta: step.text };
      }
      if (step.kind === 'result') yield* endOf(step.result, forced, isSaid);
    }
  } catch (error) {
    if (isSaid) yield { type: 'text-end', id: ID };
    yield { type: 'error', error };
    yield { type: 'finish', finishReason: { unified: 'error', raw: undefined }, usage: UNKNOWN_USAGE };
  }
}

async function nextOf(rest: AsyncGenerator<TextStep, TextResult>): Promise<TextStep | undefined> {
  const { done, value } = await rest.next();
  return done ? undefined : value;
}

function* endOf(
  result: TextResult,
  forced: ForcedCall | undefined,
  isSaid: boolean,
): Generator<LanguageModelV3StreamPart> {
  if (isSaid) yield { type: 'text-end', id: ID };
  for (const part of contentOf(result, forced)) {
    // What was to be a call and is none.
    if (part.type === 'text' && part.text !== '' && !isSaid) {
      yield { type: 'text-start', id: ID };
      yield { type: 'text-delta', id: ID, delta: part.text };
      yield { type: 'text-end', id: ID };
    }
    if (part.type !== 'tool-call') continue;
    const { toolCallId: id, toolName, input } = part;
    yield { type: 'tool-input-start', id, toolName };
    yield { type: 'tool-input-delta', id, delta: input };
    yield { type: 'tool-input-end', id };
    yield part;
  }
  yield { type: 'response-metadata', id: result.requestId, modelId: result.tier };
  yield {
    type: 'finish',
    finishReason: finishOf(result, forced),
    usage: usageOf(result),
    providerMetadata: textMetadata(result),
  };
}
