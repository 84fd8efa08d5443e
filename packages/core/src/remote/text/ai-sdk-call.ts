import type { LanguageModelV3CallOptions, LanguageModelV3Message } from '@ai-sdk/provider';

interface WireCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}
interface WireMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly { readonly type: string; readonly text?: string }[] | null;
  readonly tool_calls?: readonly WireCall[];
  readonly tool_call_id?: string;
}
interface WireChat {
  readonly messages: readonly WireMessage[];
  readonly tools?: readonly { readonly function: WireTool }[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly response_format?: {
    readonly type: string;
    readonly json_schema?: { readonly name: string; readonly schema: object };
  };
}
interface WireTool {
  readonly name: string;
  readonly description?: string;
  readonly parameters: object;
}

/** A chat of the OpenAI protocol as the AI SDK has it; what it has no word for is left out. */
export function toCallOptions(body: Readonly<Record<string, unknown>>): LanguageModelV3CallOptions {
  const chat = body as unknown as WireChat;
  const { messages, tools = [], temperature, top_p, top_k, seed, stop, response_format: format } = chat;
  const names = new Map(messages.flatMap(({ tool_calls: calls = [] }) => calls.map((c) => [c.id, c.function.name])));
  const maxOutputTokens = chat.max_tokens ?? chat.max_completion_tokens;
  return {
    prompt: messages.map((message) => toMessage(message, names)),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(top_p !== undefined && { topP: top_p }),
    ...(top_k !== undefined && { topK: top_k }),
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && { stopSequences: [...stop] }),
    ...(format && format.type !== 'text' && { responseFormat: { type: 'json', ...format.json_schema } }),
    ...(tools.length > 0 && {
      tools: tools.map(({ function: { name, description, parameters } }) => ({
        type: 'function',
        name,
        ...(description !== undefined && { description }),
        inputSchema: parameters,
      })),
    }),
  } as LanguageModelV3CallOptions;
}

function toMessage({ role, content, tool_calls: calls = [], tool_call_id: id = '' }: WireMessage, names: Names) {
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');
  const written = text === '' ? [] : [{ type: 'text', text }];
  switch (role) {
    case 'system':
      return { role, content: text } as LanguageModelV3Message;
    case 'user':
      return { role, content: written } as LanguageModelV3Message;
    case 'assistant': {
      const made = calls.map((call) => ({
        type: 'tool-call',
        toolCallId: call.id,
        toolName: call.function.name,
        input: readInput(call.function.arguments),
      }));
      return { role, content: [...written, ...made] } as LanguageModelV3Message;
    }
    case 'tool': {
      const result = { type: 'tool-result', toolCallId: id, toolName: names.get(id) ?? '' };
      return { role, content: [{ ...result, output: { type: 'text', value: text } }] } as LanguageModelV3Message;
    }
    default:
      return role satisfies never;
  }
}

type Names = ReadonlyMap<string, string>;

function readInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
