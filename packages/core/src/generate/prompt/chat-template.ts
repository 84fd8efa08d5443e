import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { ChatMessage, Tool } from '../../tasks/text-generation/messages.js';
import { isRecord } from '../../tasks/text-generation/is-record.js';
import type { TemplateClass } from '../text-host.js';
import { createBoundedTemplate } from './bounded-template.js';
import type { Spelling } from './spelt-out.js';

/** Far more than a chat at its bound makes of a template that does not repeat it. */
const MAX_RENDERED_CHARACTERS = 8 * 1024 * 1024;
const KEPT_TEMPLATES = 8;

/** A chat as templates of the Hub expect it. */
export interface TemplateChat {
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** Null where there are none, as templates ask for it. */
  readonly tools: readonly Readonly<Record<string, unknown>>[] | null;
}

/** @param source Jinja; @throws InvalidRequestError when it is none or refuses the chat */
export type RenderChat = (source: string, chat: TemplateChat) => string;

/**
 * Renders up to where the assistant is to speak.
 * @param settings of tokenizer_config.json: templates may use its special tokens by name
 */
export function createRenderChat(Template: TemplateClass, settings: unknown): RenderChat {
  const specials = specialTokens(settings);
  const compiled = new Map<string, ReturnType<typeof createBoundedTemplate>>();
  const compile = (source: string): ReturnType<typeof createBoundedTemplate> => {
    const kept = compiled.get(source);
    if (kept !== undefined) return kept;
    const template = createBoundedTemplate(Template, source);
    if (compiled.size >= KEPT_TEMPLATES) compiled.clear();
    compiled.set(source, template);
    return template;
  };
  return (source, chat) => {
    const write = (each: TemplateChat): string =>
      compile(source)({ ...specials, ...each, documents: null, add_generation_prompt: true });
    let text: string;
    try {
      text = writeOrJoined(chat, write);
    } catch (cause) {
      throw new InvalidRequestError({
        message: `The chat template refuses this chat: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Send turns in the order that the model knows, or give a chat template of your own.',
        cause,
      });
    }
    if (text.length <= MAX_RENDERED_CHARACTERS) return text;
    throw new InvalidRequestError({
      message: `The chat template makes ${text.length} characters of this chat.`,
      hint: 'Use a chat template that writes each message once.',
    });
  };
}

/**
 * Templates that know turns by turns only refuse a chat in which the user speaks twice, as one does that was given
 * passages of documents: what the user says in a row is one turn then.
 */
function writeOrJoined(chat: TemplateChat, write: (chat: TemplateChat) => string): string {
  try {
    return write(chat);
  } catch (refused) {
    const messages = joinUser(chat.messages);
    if (messages.length === chat.messages.length) throw refused;
    try {
      return write({ ...chat, messages });
    } catch {
      throw refused;
    }
  }
}

function joinUser(messages: TemplateChat['messages']): TemplateChat['messages'] {
  const joined: Readonly<Record<string, unknown>>[] = [];
  for (const message of messages) {
    const before = joined.at(-1);
    const goesOn = before?.['role'] === 'user' && message['role'] === 'user';
    if (goesOn) joined[joined.length - 1] = { ...message, content: `${before['content']}\n\n${message['content']}` };
    else joined.push(message);
  }
  return joined;
}

/**
 * The template of a model: some publish a list, with one for chats with tools.
 * @throws InvalidRequestError when there is none
 */
export function chatTemplateOf(settings: unknown, modelId: string, withTools: boolean): string {
  const given = isRecord(settings) ? settings['chat_template'] : undefined;
  if (typeof given === 'string') return given;
  const named = (Array.isArray(given) ? given : []).filter(isRecord);
  const find = (name: string): unknown => named.find((each) => each['name'] === name)?.['template'];
  const template = (withTools ? find('tool_use') : undefined) ?? find('default');
  if (typeof template === 'string') return template;
  throw new InvalidRequestError({
    message: `Model "${modelId}" has no chat template.`,
    hint: 'Give a chat template with the request, or a model that was made for chats.',
    facts: { model: modelId },
  });
}

/** Calls of tools with their arguments as values: that is what templates write as JSON. */
export function templateChat(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  { text, data }: Pick<Spelling, 'text' | 'data'>,
): TemplateChat {
  return {
    messages: messages.map(({ role, content, toolCalls, toolCallId }) => ({
      role,
      content: text(content),
      ...(toolCalls?.length && {
        tool_calls: toolCalls.map(({ id, name, arguments: given }) => ({
          id: data(id),
          type: 'function',
          function: { name: data(name), arguments: data(parsedOr(given)) },
        })),
      }),
      ...(toolCallId !== undefined && { tool_call_id: data(toolCallId) }),
    })),
    tools:
      tools.length === 0
        ? null
        : tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: {
              name: data(name),
              ...(description !== undefined && { description: data(description) }),
              parameters: data(parameters),
            },
          })),
  };
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function specialTokens(settings: unknown): Record<string, string> {
  const specials: Record<string, string> = {};
  for (const name of ['bos_token', 'eos_token', 'unk_token', 'pad_token']) {
    const given = isRecord(settings) ? settings[name] : undefined;
    const token = isRecord(given) ? given['content'] : given;
    if (typeof token === 'string') specials[name] = token;
  }
  return specials;
}
