import { tokensRead, type Result } from '@terrace/core';
import type { ChatAnswer } from './chat-answer.js';

/** What both forms of a response, whole and streamed, have in common. */
export interface ChatFrame {
  readonly id: string;
  /** In seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export function chatFrame(
  { requestId }: Pick<Result, 'requestId'>,
  { model, atWallMs, revision }: { readonly model: string; readonly atWallMs: number; readonly revision: string },
): ChatFrame {
  return {
    id: `chatcmpl-${requestId}`,
    created: Math.floor(atWallMs / 1000),
    model,
    system_fingerprint: `fp_${revision.slice(0, 12)}`,
  };
}

/** A label is one token. */
export function chatUsage(result: Pick<Result, 'trace'>): Usage {
  const tokens = tokensRead(result);
  return { prompt_tokens: tokens, completion_tokens: 1, total_tokens: tokens + 1 };
}

/** The whole response of `POST /v1/chat/completions`. Pure. */
export function chatResponse(frame: ChatFrame, answer: ChatAnswer, usage: Usage): object {
  const { id, created, model, system_fingerprint } = frame;
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...messageOf(answer, id) },
        logprobs: logProbsOf(answer),
        finish_reason: finishReason(answer),
      },
    ],
    usage,
    system_fingerprint,
  };
}

/** The same as server-sent events, the last one included. Pure. */
export function chatEvents(
  frame: ChatFrame,
  answer: ChatAnswer,
  { usage, includeUsage }: { readonly usage: Usage; readonly includeUsage: boolean },
): string {
  const { id, created, model, system_fingerprint } = frame;
  const head = { id, object: 'chat.completion.chunk', created, model, system_fingerprint };
  const chunk = (choice: object | undefined, spent: Usage | null = null): object => ({
    ...head,
    choices: choice ? [choice] : [],
    ...(includeUsage && { usage: spent }),
  });
  const part = (delta: object, reason: string | null = null, logprobs: object | null = null): object =>
    chunk({ index: 0, delta, logprobs, finish_reason: reason });
  const chunks = [
    ...deltasOf(answer, id).map((delta, i) => part(delta, null, i === 1 ? logProbsOf(answer) : null)),
    part({}, finishReason(answer)),
    ...(includeUsage ? [chunk(undefined, usage)] : []),
  ];
  return `${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`;
}

function messageOf(answer: ChatAnswer, id: string): object {
  switch (answer.kind) {
    case 'content':
      return { content: answer.content, refusal: null };
    case 'refusal':
      return { content: null, refusal: answer.refusal };
    case 'call':
      return { content: null, refusal: null, tool_calls: [callOf(answer, id)] };
    default:
      return answer satisfies never;
  }
}

/** First who speaks, then what is said. */
function deltasOf(answer: ChatAnswer, id: string): object[] {
  const role = 'assistant';
  switch (answer.kind) {
    case 'content':
      return [{ role, content: '' }, { content: answer.content }];
    case 'refusal':
      return [{ role, content: null, refusal: '' }, { refusal: answer.refusal }];
    case 'call': {
      const call = callOf({ ...answer, arguments: '' }, id);
      return [
        { role, content: null, tool_calls: [{ index: 0, ...call }] },
        { tool_calls: [{ index: 0, function: { arguments: answer.arguments } }] },
      ];
    }
    default:
      return answer satisfies never;
  }
}

const callOf = ({ name, arguments: given }: Extract<ChatAnswer, { kind: 'call' }>, id: string): object => ({
  id: `call_${id.replace(/^chatcmpl-/, '')}`,
  type: 'function',
  function: { name, arguments: given },
});

const logProbsOf = (answer: ChatAnswer): object | null =>
  answer.kind === 'content' && answer.tokens.length > 0 ? { content: answer.tokens, refusal: null } : null;

const finishReason = ({ kind }: ChatAnswer): string => (kind === 'call' ? 'tool_calls' : 'stop');
