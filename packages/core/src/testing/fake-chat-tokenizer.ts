import { ContextExceededError } from '../errors/context-exceeded-error.js';
import type { ChatTokenizer, Detokenizer, Prompt } from '../generate/prompt/chat-tokenizer.js';
import type { ChatMessage } from '../tasks/text-generation/messages.js';

/** Control tokens of the fake, behind the 256 bytes. */
export const FAKE_TOKENS = { end: 256, system: 257, user: 258, assistant: 259, tool: 260 } as const;
export const FAKE_VOCABULARY = 261;

/** Bytes as tokens: a turn is the token of its role, its bytes and the end token. Nothing in a text is a control token. */
export function createFakeChatTokenizer(): ChatTokenizer {
  const turnOf = ({ role, content }: ChatMessage): number[] => [FAKE_TOKENS[role], ...bytes(content), FAKE_TOKENS.end];
  const textOf = (token: number): string => (token < 256 ? decode([token]) : '');
  return {
    vocabulary: FAKE_VOCABULARY,
    endTokens: [FAKE_TOKENS.end],
    bytesOf: (token) => (token < 256 ? Uint8Array.of(token) : undefined),
    textOf,
    encode: (text) => Int32Array.from(bytes(text)),
    detokenizer: createByteDetokenizer,
    prompt({ messages, tools, prefix, context }, roomTokens): Prompt {
      const isSystem = messages[0]?.role === 'system';
      const told = tools.length > 0 ? JSON.stringify(tools) : '';
      const system: ChatMessage = { role: 'system', content: (isSystem ? messages[0]!.content : '') + told };
      const beginning = isSystem || told ? turnOf(system) : [];
      const turns = (isSystem ? messages.slice(1) : messages).map(turnOf);
      const ending = [FAKE_TOKENS.assistant, ...bytes(prefix)];
      const length = (from: number): number => beginning.length + turns.slice(from).flat().length + ending.length;
      let left = 0;
      if (context === 'trim') while (length(left) > roomTokens && left < turns.length - 1) left++;
      if (length(left) > roomTokens) throw tooLong(length(left), roomTokens);
      return {
        ids: Int32Array.from([...beginning, ...turns.slice(left).flat(), ...ending]),
        sharedTokens: beginning.length,
        trimmedMessages: left,
      };
    },
  };
}

const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
const decode = (some: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(some));

function createByteDetokenizer(): Detokenizer {
  let decoder = new TextDecoder();
  return {
    push: (token) => (token < 256 ? decoder.decode(Uint8Array.of(token), { stream: true }) : ''),
    end() {
      const rest = decoder.decode();
      decoder = new TextDecoder();
      return rest;
    },
  };
}

const tooLong = (tokens: number, contextTokens: number): ContextExceededError =>
  new ContextExceededError({
    message: `The chat has ${tokens} tokens, and there is room for ${contextTokens}.`,
    hint: 'Shorten the chat.',
    facts: { model: 'fake', tokens, contextTokens },
  });
