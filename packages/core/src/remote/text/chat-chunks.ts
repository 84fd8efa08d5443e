import { z } from 'zod/mini';
import { EndpointFailedError } from '../../errors/endpoint-failed-error.js';
import type { FinishReason, TokenLogProb } from '../../tasks/text-generation/text-output.js';
import { wrongAnswer } from '../exchange-failure.js';
import { atMost, parseJson, parseValue } from '../parse-reply.js';

const MAX_CHOICES = 16;
/** Calls of tools in one answer. */
const MAX_CALLS = 128;
const MAX_TEXT = 1_048_576;
const MAX_TOKENS = 131_072;
/** Servers write -9999 for "never": further down nothing is told apart. */
const LEAST_LOG_PROB = -100;

const text = z.nullish(z.string().check(z.maxLength(MAX_TEXT)));
const name = z.nullish(z.string().check(z.maxLength(1024)));

const callSchema = z.object({
  index: z.nullish(z.int().check(z.nonnegative(), z.maximum(MAX_CALLS - 1))),
  id: name,
  function: z.nullish(z.object({ name, arguments: text })),
});
const writtenSchema = z.object({ content: text, tool_calls: z.nullish(atMost(MAX_CALLS, callSchema)) });
const chunkSchema = z.object({
  error: z.optional(z.unknown()),
  choices: z.nullish(
    atMost(
      MAX_CHOICES,
      z.object({
        index: z.nullish(z.int().check(z.nonnegative(), z.maximum(MAX_CHOICES - 1))),
        /** Of a stream, and of a whole answer. */
        delta: z.nullish(writtenSchema),
        message: z.nullish(writtenSchema),
        finish_reason: name,
        logprobs: z.optional(z.unknown()),
      }),
    ),
  ),
  usage: z.optional(z.unknown()),
});

const tokenSchema = z.object({
  token: z.string().check(z.maxLength(4096)),
  /** A little more than 0 where it is certain. */
  logprob: z.number().check(z.maximum(0.01)),
});
const logProbsSchema = z.object({
  content: atMost(MAX_TOKENS, z.extend(tokenSchema, { top_logprobs: z.nullish(atMost(32, tokenSchema)) })),
});

/** What one event of a stream, or a whole answer, adds to one choice. */
export interface ChatChunk {
  readonly choice: number;
  readonly text: string;
  /** One a token; empty where the server tells none. */
  readonly tokens: readonly TokenLogProb[];
  readonly calls: readonly {
    readonly index: number;
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
  }[];
  readonly finishReason: FinishReason | undefined;
}

export interface ChatEvent {
  readonly chunks: readonly ChatChunk[];
  /** Where it says so; counts that are none are left out. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number | undefined } | undefined;
}

/**
 * One event of a stream, or a whole answer.
 * @param isWhole where a whole answer was given to who asked for a stream
 * @throws RemoteAnswerError that quotes nothing of it; EndpointFailedError where it says that it failed
 */
export function readChatEvent(endpointId: string, json: string, isWhole = false): ChatEvent {
  const value = parseValue(endpointId, chunkSchema, parseJson(endpointId, utf8.encode(json)));
  if (value.error !== undefined && value.error !== null) throw failedWithin(endpointId);
  const chunks = (value.choices ?? []).map((choice, at): ChatChunk => {
    const written = choice.delta ?? choice.message;
    const calls = (written?.tool_calls ?? []).map((call, i) => ({
      index: call.index ?? i,
      id: call.id ?? '',
      name: call.function?.name ?? '',
      arguments: call.function?.arguments ?? '',
    }));
    return {
      choice: choice.index ?? at,
      text: written?.content ?? '',
      tokens: tokensOf(choice.logprobs),
      calls,
      finishReason: reasonOf(choice.finish_reason) ?? (isWhole ? 'stop' : undefined),
    };
  });
  if (isWhole && chunks.length === 0) throw wrongAnswer(endpointId, 'it has no choices');
  return { chunks, usage: usageOf(value.usage) };
}

/** What cannot be read as log-probabilities is none: the answer is as good without. */
function tokensOf(logprobs: unknown): TokenLogProb[] {
  const parsed = logProbsSchema.safeParse(logprobs);
  if (!parsed.success) return [];
  return parsed.data.content.map(({ top_logprobs: top, ...chosen }) => ({
    ...ofToken(chosen),
    top: (top ?? []).map(ofToken),
  }));
}

const ofToken = ({ token, logprob }: z.infer<typeof tokenSchema>) => ({
  token,
  logProb: Math.min(0, Math.max(LEAST_LOG_PROB, logprob)),
});

function reasonOf(said: string | null | undefined): FinishReason | undefined {
  switch (said) {
    case undefined:
    case null:
      return undefined;
    case 'length':
    case 'max_tokens':
      return 'length';
    case 'tool_calls':
    case 'function_call':
      return 'tool-calls';
    case 'content_filter':
      return 'content-filter';
    default:
      return 'stop';
  }
}

function usageOf(usage: unknown): ChatEvent['usage'] {
  if (typeof usage !== 'object' || usage === null) return undefined;
  const { prompt_tokens: input, completion_tokens: output } = usage as Readonly<Record<string, unknown>>;
  return isCount(input) ? { inputTokens: input, outputTokens: isCount(output) ? output : undefined } : undefined;
}

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 1e9;
const utf8 = new TextEncoder();

export const failedWithin = (endpoint: string): EndpointFailedError =>
  new EndpointFailedError({
    message: `The answer of the endpoint "${endpoint}" broke off: it says that it failed.`,
    hint: 'It may pass; `terrace tiers` shows when the endpoint answers again.',
    facts: { endpoint },
  });
