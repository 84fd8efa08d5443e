import type { Generation, OutputFormat } from '../../tasks/text-generation/generation.js';
import type { ChatMessage, JsonSchema, Tool } from '../../tasks/text-generation/messages.js';
import { structureOf, type Without } from './chat-form.js';
import type { RemoteChat } from './text-client.js';

/** Beside the answer, what models that think first may think. */
const THOUGHT_TOKENS = 4096;
/** Words that are quoted of what is there already. */
const QUOTED_WORDS = 6;

/** What a chat is to an OpenAI-compatible server; `model` is put in when it is sent. */
export function chatBody(
  chat: Pick<RemoteChat, 'messages' | 'tools' | 'prefix' | 'generation'>,
  without: Without,
): Readonly<Record<string, unknown>> {
  const { messages, tools, prefix, generation } = chat;
  const { format } = generation;
  const structure = structureOf(chat, without);
  const told = structure === 'object' || structure === 'words' ? withInstruction(messages, format) : messages;
  return {
    messages: [...told.map(wireMessage), ...begunAnswer(prefix, without)],
    ...(prefix !== '' &&
      !without.has('continuation') && { continue_final_message: true, add_generation_prompt: false }),
    ...(tools.length > 0 && { tools: tools.map(wireTool) }),
    ...sampling(generation, without),
    ...(structure === 'schema' && { response_format: { type: 'json_schema', json_schema: namedSchema(format) } }),
    ...(structure === 'object' && { response_format: { type: 'json_object' } }),
    stream: true,
    ...(!without.has('usage') && { stream_options: { include_usage: true } }),
  };
}

function sampling(
  { maxTokens, temperature, topP, topK, seed, stop, repetitionPenalty, logitBias, topLogProbs, n }: Generation,
  without: Without,
): object {
  return {
    ...(without.has('bounds')
      ? { max_completion_tokens: THOUGHT_TOKENS + maxTokens }
      : { max_tokens: maxTokens, temperature }),
    ...(topP < 1 && !without.has('bounds') && { top_p: topP }),
    ...(seed !== undefined && { seed }),
    ...(stop.length > 0 && { stop }),
    ...(n > 1 && { n }),
    ...(Object.keys(logitBias).length > 0 && { logit_bias: logitBias }),
    ...(!without.has('logprobs') && { logprobs: true, ...((topLogProbs ?? 0) > 0 && { top_logprobs: topLogProbs }) }),
    // OpenAI has none of these; vLLM, llama.cpp and others do.
    ...(!without.has('extras') && topK > 0 && { top_k: topK }),
    ...(!without.has('extras') && repetitionPenalty !== 1 && { repetition_penalty: repetitionPenalty }),
  };
}

/** What the assistant has said already, and where the server has no form for that, what is wanted of it. */
function begunAnswer(prefix: string, without: Without): object[] {
  if (prefix === '') return [];
  const begun = { role: 'assistant', content: prefix };
  if (!without.has('continuation')) return [begun];
  const end = prefix.trim().split(/\s+/).slice(-QUOTED_WORDS).join(' ');
  const wanted = `Your answer was cut off. Go on with it exactly where it ends, beginning with its last words: ${JSON.stringify(end)}. Say nothing of this, and repeat nothing else.`;
  return [begun, { role: 'user', content: wanted }];
}

const wireMessage = ({ role, content, toolCalls = [], toolCallId }: ChatMessage): object => ({
  role,
  content,
  ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
  ...(toolCalls.length > 0 && {
    tool_calls: toolCalls.map(({ id, name, arguments: given }) => ({
      id,
      type: 'function',
      function: { name, arguments: given },
    })),
  }),
});

const wireTool = ({ name, description, parameters }: Tool): object => ({
  type: 'function',
  function: { name, ...(description !== undefined && { description }), parameters },
});

function withInstruction(messages: readonly ChatMessage[], format: OutputFormat): readonly ChatMessage[] {
  const instruction = `Answer with JSON alone${format.kind === 'json' ? ', one object' : `, as this JSON Schema has it: ${JSON.stringify(schemaOf(format))}`}`;
  const [first, ...rest] = messages;
  return first?.role === 'system'
    ? [{ ...first, content: `${first.content}\n\n${instruction}` }, ...rest]
    : [{ role: 'system', content: instruction }, ...messages];
}

function namedSchema(format: OutputFormat): object {
  const schema = schemaOf(format);
  return { name: 'answer', schema, ...(isStrict(schema) && { strict: true }) };
}

/** One value of a list has to be within an object: servers take no other schema. */
const LABEL = 'label';

function schemaOf(format: OutputFormat): JsonSchema {
  switch (format.kind) {
    case 'text':
    case 'json':
      return { type: 'object' };
    case 'schema':
      return format.schema;
    case 'enum':
      return {
        type: 'object',
        properties: { [LABEL]: { type: 'string', enum: format.values } },
        required: [LABEL],
        additionalProperties: false,
      };
    default:
      return format satisfies never;
  }
}

/** Whether every object in a schema has all its properties and no others, as OpenAI wants it of what it keeps to strictly. */
function isStrict(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  if (Array.isArray(schema)) return schema.every(isStrict);
  const { type, properties, required, additionalProperties } = schema as Readonly<Record<string, unknown>>;
  const isObject = type === 'object' || properties !== undefined;
  const names = Object.keys((properties as object | undefined) ?? {});
  const all = Array.isArray(required) && names.every((name) => required.includes(name));
  return (!isObject || (additionalProperties === false && all)) && Object.values(schema).every(isStrict);
}
