import type { TextJob } from '../../ports/text-engine.js';
import type { TokenBytes } from '../grammar/grammar.js';

/** A chat as the model reads it. */
export interface Prompt {
  readonly ids: Int32Array;
  /** Of them, those up to the end of the system's turn and tools: what chats with the same beginning share. */
  readonly sharedTokens: number;
  /** Turns that were left out to fit. */
  readonly trimmedMessages: number;
}

/** Tokens to text, for one sequence. */
export interface Detokenizer {
  /** @returns what is certain now: whole characters only */
  push(token: number): string;
  /** What was held back, half characters as U+FFFD. */
  end(): string;
}

/** Text to tokens and back, for one model. */
export interface ChatTokenizer extends TokenBytes {
  /**
   * Whatever the messages hold is text: no part of them becomes a control token.
   * @param roomTokens most that the prompt may have
   * @throws ContextExceededError when it has more and may not, or cannot, be trimmed
   * @throws InvalidRequestError when the template refuses the chat
   */
  prompt(
    job: Pick<TextJob, 'messages' | 'tools' | 'prefix' | 'chatTemplate'> & { readonly context: 'refuse' | 'trim' },
    roomTokens: number,
  ): Prompt;
  /** Of a text by itself, without a template. */
  encode(text: string): Int32Array;
  /** @param goesOn whether text stands in front: then a leading space is kept */
  detokenizer(goesOn?: boolean): Detokenizer;
  /** One token as text, for log-probabilities. */
  textOf(token: number): string;
}
