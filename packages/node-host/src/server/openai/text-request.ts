import type { DocumentsWish } from '@terrace/core/documents';
import {
  checkSchema,
  forcedCall,
  type ForcedCall,
  type JsonSchema,
  type TextRequestInput,
  type Tool,
} from '@terrace/core/text';
import { requireFlags, withoutUnsupported } from './chat-request.js';
import { parseBody, refused } from './refusal.js';
import { textBodySchema, type TextBody } from './text-body.js';

type Generation = NonNullable<TextRequestInput['generation']>;

/** A chat of the OpenAI API, as the text runtime is asked. */
export interface TextChat {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** The answer has to be a call of a tool. */
  readonly forced: ForcedCall | undefined;
  readonly input: Pick<TextRequestInput, 'messages' | 'tools' | 'generation'> & { readonly documents?: DocumentsWish };
}

/**
 * Reads a chat that is to be answered in text.
 * @throws InvalidRequestError
 */
export function parseTextChat(body: unknown): TextChat {
  const chat = parseBody(textBodySchema, withoutUnsupported(body, 'Leave it out.'));
  requireFlags(chat);
  for (const name of ['frequency_penalty', 'presence_penalty'] as const) {
    if (chat[name]) throw unsupported(name, 'Leave it out; "repetition_penalty" does something like it.');
  }
  const asked = toolsOf(chat);
  const { tools, forced } = asked;
  return {
    model: chat.model,
    stream: chat.stream === true,
    includeUsage: chat.stream_options?.include_usage === true,
    forced,
    input: {
      messages: chat.messages.map(messageOf),
      tools: tools.map((tool) => ({ ...tool })),
      generation: { ...generationOf(chat), ...formatOf(chat, asked) },
      ...(chat.documents && { documents: chat.documents }),
    },
  };
}

function generationOf(chat: TextBody): Generation {
  const { max_completion_tokens, max_tokens, temperature, top_p, top_k, seed, stop, n, logit_bias } = chat;
  return withoutNull({
    maxTokens: max_completion_tokens ?? max_tokens,
    temperature,
    topP: top_p,
    topK: top_k,
    seed,
    stop: typeof stop === 'string' ? [stop] : stop,
    n,
    logitBias: logit_bias,
    repetitionPenalty: chat.repetition_penalty,
    topLogProbs: chat.logprobs === true ? (chat.top_logprobs ?? 0) : undefined,
  });
}

const withoutNull = (fields: Record<string, unknown>): Generation =>
  Object.fromEntries(Object.entries(fields).filter(([, each]) => each !== null && each !== undefined));

type Message = NonNullable<TextRequestInput['messages']>[number];

function messageOf({ role, content, tool_calls: calls, tool_call_id: id }: TextBody['messages'][number], i: number) {
  const message: Message = { role: role === 'developer' ? 'system' : role, content: textOf(content, i) };
  if (role === 'assistant' && calls?.length) {
    message.toolCalls = calls.map(({ id: call, function: { name, arguments: given } }) => ({
      id: call,
      name,
      arguments: given,
    }));
  }
  if (role === 'tool' && id) message.toolCallId = id;
  return message;
}

function textOf(content: TextBody['messages'][number]['content'], i: number): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part, j) => {
      if (part.type === 'text' && typeof part['text'] === 'string') return part['text'];
      throw refused({
        message: 'Only text can be answered.',
        hint: 'Send content as a string, or as parts of the type "text".',
        param: `messages.${i}.content.${j}`,
        code: 'invalid_value',
      });
    })
    .join('\n');
}

interface Tools {
  readonly tools: readonly Tool[];
  readonly forced: ForcedCall | undefined;
}

function toolsOf({ tools: given, tool_choice: choice }: TextBody): Tools {
  const tools = (given ?? []).map(({ function: { name, description, parameters } }): Tool => ({
    name,
    ...(description ? { description } : {}),
    parameters: parameters ?? { type: 'object', properties: {} },
  }));
  const mode = choice ?? 'auto';
  if (mode === 'none') return { tools: [], forced: undefined };
  if (mode === 'auto') return { tools, forced: undefined };
  if (mode === 'required') {
    if (isSome(tools)) return { tools, forced: forcedCall(tools) };
    throw wrongChoice('there is no tool to call', 'Add one to "tools".');
  }
  const named = tools.find(({ name }) => name === mode.function.name);
  if (named) return { tools: [named], forced: forcedCall([named]) };
  throw wrongChoice('it names a function that is not among the tools', 'Add the function to "tools".');
}

const isSome = (tools: readonly Tool[]): tools is readonly [Tool, ...Tool[]] => tools.length > 0;

function formatOf(chat: TextBody, { tools, forced }: Tools): Pick<Generation, 'format'> {
  if (forced) {
    for (const { name, parameters } of tools) {
      const at = chat.tools?.findIndex((tool) => tool.function.name === name) ?? 0;
      requireFollowed(parameters, `tools.${at}.function.parameters`);
    }
    return schemaFormat(forced.schema, 'tools');
  }
  const format = chat.response_format ?? { type: 'text' as const };
  switch (format.type) {
    case 'text':
      return {};
    case 'json_object':
      return { format: { kind: 'json' } };
    case 'json_schema': {
      const { schema } = format.json_schema;
      return schema === undefined
        ? { format: { kind: 'json' } }
        : schemaFormat(schema, 'response_format.json_schema.schema');
    }
    default:
      return format satisfies never;
  }
}

/** @throws InvalidRequestError for one that cannot be followed exactly */
function schemaFormat(schema: JsonSchema, param: string): Pick<Generation, 'format'> {
  requireFollowed(schema, param);
  return { format: { kind: 'schema', schema } as Generation['format'] };
}

function requireFollowed(schema: JsonSchema, param: string): void {
  const fault = checkSchema(schema);
  if (fault === undefined) return;
  throw refused({
    message: `The schema cannot be followed: ${fault.slice(0, 512).replace(/\.$/, '')}.`,
    hint: 'See which JSON Schema is supported in the documentation of text tiers.',
    param,
    code: 'unsupported_schema',
  });
}

const unsupported = (param: string, hint: string) =>
  refused({ message: `Unsupported parameter: "${param}".`, hint, param, code: 'unsupported_parameter' });

const wrongChoice = (why: string, hint: string) =>
  refused({ message: `Invalid "tool_choice": ${why}.`, hint, param: 'tool_choice', code: 'invalid_value' });
