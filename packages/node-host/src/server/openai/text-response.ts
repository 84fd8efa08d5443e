import type { FinishReason, ForcedCall, TextChoice, TextResult, TextStep, TokenLogProb } from '@terrace/core/text';
import type { Citation } from '@terrace/core/documents';
import type { ChatFrame } from './chat-response.js';

export type TextPart = Extract<TextStep, { readonly kind: 'text' }>;

/** The whole response of a chat that was answered in text. Pure. */
export function textResponse(
  { id, created, model, system_fingerprint }: ChatFrame,
  result: TextResult,
  { forced, tokens }: { readonly forced: ForcedCall | undefined; readonly tokens: readonly TextPart[] | undefined },
): object {
  const choices = result.output.choices.map((choice, index) => ({
    index,
    message: { role: 'assistant', ...messageOf(choice, forced, id) },
    logprobs: tokens ? logProbsOf(tokens.filter((part) => part.choice === index)) : null,
    finish_reason: finishReasonOf(choice, forced),
  }));
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices,
    usage: usageOf(result),
    system_fingerprint,
    terrace: terraceOf(result),
  };
}

function messageOf(choice: TextChoice, forced: ForcedCall | undefined, id: string): object {
  const calls = callsOf(choice, forced, id);
  const content = callIn(choice, forced) || (calls.length > 0 && choice.text === '') ? null : choice.text;
  return { content, refusal: null, ...(calls.length > 0 && { tool_calls: calls }) };
}

/** Calls as the API writes them; where one had to be made, the text is it. */
export function callsOf(choice: TextChoice, forced: ForcedCall | undefined, id: string): readonly object[] {
  const call = callIn(choice, forced);
  if (call) return [{ id: callId(id), type: 'function', function: call }];
  return choice.toolCalls.map(({ id: made, name, arguments: given }) => ({
    id: made,
    type: 'function',
    function: { name, arguments: given },
  }));
}

/** The call that a text is: a tier with calls of its own may have made one. */
export const callIn = ({ toolCalls, text }: TextChoice, forced: ForcedCall | undefined) =>
  toolCalls.length === 0 ? forced?.read(text) : undefined;

export const callId = (id: string): string => `call_${id.replace(/^chatcmpl-/, '')}`;

const REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  // Nobody read on; what there is, is cut.
  cancelled: 'length',
};

export const finishReasonOf = (choice: TextChoice, forced: ForcedCall | undefined): string =>
  (choice.toolCalls.length > 0 || callIn(choice, forced)) && choice.finishReason === 'stop'
    ? 'tool_calls'
    : REASONS[choice.finishReason];

export function usageOf({ usage: { inputTokens, cachedTokens, outputTokens } }: TextResult): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

/** What the API has no place for, where headers are long gone. */
export function terraceOf(result: TextResult): object {
  const { requestId, tier, placement, path, confidence, verdict, costUsd, firstTokenMs, tokensPerSecond, cache } =
    result;
  const { citations, uncited } = result;
  const labels = result.output.choices.map((choice) => choice.labels);
  return {
    request_id: requestId,
    tier,
    placement,
    path,
    confidence: confidence ?? null,
    verdict: verdict.kind,
    calibrated: verdict.calibrated,
    degraded: verdict.degraded ?? null,
    cost_usd: costUsd,
    ...(cache && { cache: { kind: cache.kind, age_ms: cache.ageMs, from: cache.from } }),
    ...(citations && { citations: citations.map(citationOf), uncited: uncited ?? null }),
    first_token_ms: firstTokenMs ?? null,
    tokens_per_second: tokensPerSecond ?? null,
    ...(labels.some((each) => each) && {
      labels: labels.map((each) => each?.map(({ label, logProb }) => ({ label, logprob: logProb })) ?? null),
    }),
  };
}

const citationOf = ({ documentId, page, ...rest }: Citation): object => ({
  ...rest,
  document_id: documentId,
  page: page ?? null,
});

/** @returns null where nobody knows them */
export function logProbsOf(parts: readonly Pick<TextPart, 'tokens'>[]): object | null {
  const tokens = parts.flatMap((part) => part.tokens ?? []);
  return tokens.length === 0 ? null : { content: tokens.map(tokenOf), refusal: null };
}

const tokenOf = ({ token, logProb, top }: TokenLogProb): object => ({
  ...withBytes(token, logProb),
  top_logprobs: top.map((each) => withBytes(each.token, each.logProb)),
});

/** What the API writes for "next to impossible". */
const LEAST_LOG_PROB = -9999;

/** Bytes of half a character are known to nobody. */
const withBytes = (token: string, logProb: number): object => ({
  token,
  logprob: Math.max(LEAST_LOG_PROB, logProb),
  bytes: token.includes('\ufffd') ? null : [...Buffer.from(token)],
});
