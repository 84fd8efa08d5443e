import type { ChatAsk } from './scripted-upstream.js';

export interface ScriptedReply {
  readonly content: string | null;
  readonly toolCall?: { readonly name: string; readonly arguments: unknown };
  /** As the server would report them, one entry a token. */
  readonly logprobs?: readonly ScriptedLogprob[];
  readonly finishReason?: string;
  readonly usage?: { readonly prompt: number; readonly completion: number };
}

interface ScriptedLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly top?: readonly { readonly token: string; readonly logprob: number }[];
}

/** The answer in one piece. */
export function chatCompletion(ask: ChatAsk, reply: ScriptedReply, count: number): object {
  const { content, toolCall, logprobs } = reply;
  return {
    id: `chatcmpl-${count}`,
    object: 'chat.completion',
    created: 0,
    model: ask.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal: null,
          ...(toolCall && { tool_calls: [callOf(toolCall, count)] }),
        },
        logprobs: logprobs ? { content: logprobs.map(logprobOf), refusal: null } : null,
        finish_reason: finishReasonOf(reply),
      },
    ],
    usage: usageOf(reply),
  };
}

/** The same as server-sent events: word by word, then the reason to stop, then the usage if it was asked for. */
export function* chatChunks(ask: ChatAsk, reply: ScriptedReply, count: number): Generator<object> {
  const chunk = (delta: object | undefined, finish: string | null, rest: object = {}): object => ({
    id: `chatcmpl-${count}`,
    object: 'chat.completion.chunk',
    created: 0,
    model: ask.model,
    choices: delta ? [{ index: 0, delta, logprobs: null, finish_reason: finish }] : [],
    ...rest,
  });
  yield chunk({ role: 'assistant', content: '' }, null);
  for (const content of reply.content?.match(/\s*\S+|\s+$/g) ?? []) yield chunk({ content }, null);
  if (reply.toolCall) yield chunk({ tool_calls: [{ index: 0, ...callOf(reply.toolCall, count) }] }, null);
  yield chunk({}, finishReasonOf(reply));
  if (ask.stream_options?.include_usage === true) yield chunk(undefined, null, { usage: usageOf(reply) });
}

const finishReasonOf = ({ finishReason, toolCall }: ScriptedReply): string =>
  finishReason ?? (toolCall ? 'tool_calls' : 'stop');

const callOf = ({ name, arguments: given }: NonNullable<ScriptedReply['toolCall']>, count: number): object => ({
  id: `call_${count}`,
  type: 'function',
  function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
});

const logprobOf = ({ token, logprob, top = [] }: ScriptedLogprob): object => ({
  token,
  logprob,
  bytes: [...Buffer.from(token)],
  top_logprobs: top.map((entry) => ({ ...entry, bytes: [...Buffer.from(entry.token)] })),
});

function usageOf({ usage = { prompt: 10, completion: 3 } }: ScriptedReply): object {
  const { prompt, completion } = usage;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
