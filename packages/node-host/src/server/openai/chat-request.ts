import { freeForm, InvalidRequestError, planForm, type SchemaForm } from '@terrace/core';
import { chatBodySchema, UNSUPPORTED, type ChatBody } from './chat-body.js';
import { parseBody, refused } from './refusal.js';

/** A chat as a classification: what is classified, and how the answer is told. */
export interface ChatRequest {
  readonly model: string;
  readonly text: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** How many alternatives come with the label's own log-probability; undefined when none of it is wanted. */
  readonly topLogProbs: number | undefined;
  readonly wanted: Wanted;
}

/** The form of the answer before the labels are known. */
export type Wanted =
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly schema: unknown }
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly schema: unknown;
      readonly param: string;
      /** Left to the model: where the schema has no place for a label, the answer is told in words. */
      readonly optional: boolean;
    };

export type AnswerForm =
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly form: SchemaForm }
  | { readonly kind: 'tool'; readonly name: string; readonly form: SchemaForm };

const SCHEMA_PARAM = 'response_format.json_schema.schema';

/**
 * Reads a chat of the OpenAI API. Only its last user message is classified.
 * @throws InvalidRequestError
 */
export function parseChat(body: unknown): ChatRequest {
  const chat = parseBody(chatBodySchema, withoutUnsupported(body, 'Leave it out: the answer is a label.'));
  requireFlags(chat);
  return {
    model: chat.model,
    text: lastUserText(chat),
    stream: chat.stream === true,
    includeUsage: chat.stream_options?.include_usage === true,
    topLogProbs: chat.logprobs === true ? (chat.top_logprobs ?? 0) : undefined,
    wanted: wantedForm(chat),
  };
}

/**
 * The form of the answer for a domain.
 * @throws InvalidRequestError when none of the labels satisfies the schema
 */
export function answerForm(wanted: Wanted, labels: readonly string[]): AnswerForm {
  switch (wanted.kind) {
    case 'text':
      return wanted;
    case 'json':
      return {
        kind: 'json',
        form: wanted.schema === undefined ? freeForm(labels) : planForm(wanted.schema, labels, SCHEMA_PARAM),
      };
    case 'tool': {
      const { name, schema, param, optional } = wanted;
      try {
        return { kind: 'tool', name, form: planForm(schema, labels, param) };
      } catch (error) {
        if (optional && InvalidRequestError.isInstance(error)) return { kind: 'text' };
        throw error;
      }
    }
    default:
      return wanted satisfies never;
  }
}

/** @throws InvalidRequestError for a parameter that is nothing without another */
export function requireFlags(chat: Pick<ChatBody, 'top_logprobs' | 'logprobs' | 'stream' | 'stream_options'>): void {
  if (typeof chat.top_logprobs === 'number' && chat.logprobs !== true) {
    throw refused({
      message: 'Invalid "top_logprobs": it needs "logprobs" to be true.',
      hint: 'Set "logprobs" to true, or leave "top_logprobs" out.',
      param: 'top_logprobs',
      code: 'invalid_value',
    });
  }
  if (chat.stream_options && chat.stream !== true) {
    throw refused({
      message: 'Invalid "stream_options": it needs "stream" to be true.',
      hint: 'Set "stream" to true, or leave "stream_options" out.',
      param: 'stream_options',
      code: 'invalid_value',
    });
  }
}

/** A parameter that is null is as good as absent; one that asks for something else is refused by its name. */
export function withoutUnsupported(body: unknown, hint: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const rest: Record<string, unknown> = { ...body };
  for (const name of UNSUPPORTED) {
    if (rest[name] !== null && rest[name] !== undefined) {
      throw refused({
        message: `Unsupported parameter: "${name}".`,
        hint: name.startsWith('function') ? 'Use "tools" and "tool_choice".' : hint,
        param: name,
        code: 'unsupported_parameter',
      });
    }
    delete rest[name];
  }
  return rest;
}

function lastUserText({ messages }: ChatBody): string {
  const index = messages.findLastIndex(({ role }) => role === 'user');
  const content = messages[index]?.content;
  if (typeof content === 'string') return content;
  if (!content) {
    throw refused({
      message: 'There is no user message to classify.',
      hint: 'Add a message with the role "user" and the text to classify.',
      param: index === -1 ? 'messages' : `messages.${index}.content`,
      code: 'missing_required_parameter',
    });
  }
  return content
    .map((part, i) => {
      if (part.type === 'text' && typeof part['text'] === 'string') return part['text'];
      throw refused({
        message: 'Only text can be classified.',
        hint: 'Send content as a string, or as parts of the type "text".',
        param: `messages.${index}.content.${i}`,
        code: 'invalid_value',
      });
    })
    .join('\n');
}

function wantedForm(chat: ChatBody): Wanted {
  const tool = chosenTool(chat);
  if (tool) return tool;
  const format = chat.response_format ?? { type: 'text' as const };
  switch (format.type) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      return { kind: 'json', schema: undefined };
    case 'json_schema':
      return { kind: 'json', schema: format.json_schema.schema };
    default:
      return format satisfies never;
  }
}

/** The tool that is called: the one that was named, or the only one there is. */
function chosenTool({ tools, tool_choice: choice, response_format: format, messages }: ChatBody): Wanted | undefined {
  const mode = choice ?? (tools?.length ? 'auto' : 'none');
  if (mode === 'none') return undefined;
  const wanted = (index: number, optional = false): Wanted => ({
    kind: 'tool',
    name: tools![index]!.function.name,
    schema: tools![index]!.function.parameters ?? { type: 'object', properties: {} },
    param: `tools.${index}.function.parameters`,
    optional,
  });
  if (typeof mode === 'object') {
    const index = tools?.findIndex((tool) => tool.function.name === mode.function.name) ?? -1;
    if (index !== -1) return wanted(index);
    throw wrongChoice('it names a function that is not among the tools', 'Add the function to "tools".');
  }
  if (mode === 'required') {
    if (tools?.length === 1) return wanted(0);
    throw wrongChoice('which of the tools is to be called is not for a label to say', 'Name the function.');
  }
  // Left to the model: a label calls the only tool once, and answers in words where a form or a result is there already.
  const last = messages.findLast(({ role }) => role === 'user' || role === 'tool' || role === 'function');
  const isOpen = tools?.length === 1 && (format ?? { type: 'text' }).type === 'text' && last?.role === 'user';
  return isOpen ? wanted(0, true) : undefined;
}

const wrongChoice = (why: string, hint: string) =>
  refused({ message: `Invalid "tool_choice": ${why}.`, hint, param: 'tool_choice', code: 'invalid_value' });
