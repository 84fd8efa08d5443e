import type { ToolCall } from './messages.js';

/** `length`: `maxTokens` or the context came first. `cancelled`: nobody read on. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'cancelled';

/** One token that was chosen, and what else it could have been. */
export interface TokenLogProb {
  /** As text; of half a character its bytes as U+FFFD. */
  readonly token: string;
  /** Natural log of P(token) before temperature and masks. */
  readonly logProb: number;
  readonly top: readonly { readonly token: string; readonly logProb: number }[];
}

/** What a turn of the generation adds to one answer. */
export interface TextPiece {
  /** Which of `n`, from 0. */
  readonly choice: number;
  /** Whole characters, never half of one and never part of what may become a stop string; perhaps empty. */
  readonly text: string;
  /** Natural log of P of each token, before temperature and masks; one a token. Empty where nobody knows. */
  readonly logProbs: readonly number[];
  /** Where they were asked for; one a token. */
  readonly tokens?: readonly TokenLogProb[] | undefined;
}

export interface TextUsage {
  readonly inputTokens: number;
  /** Of `inputTokens`, those whose keys and values were kept from another request. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** One answer as a whole: the shape of every tier. */
export interface TextChoice {
  readonly role: 'assistant';
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  /** Of an enum, every value with its log-probability among them, best first. */
  readonly labels?: readonly { readonly label: string; readonly logProb: number }[] | undefined;
}

/** Durations in milliseconds, measured where it ran. */
export interface TextTimings {
  readonly queuedMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
}

/** What a generation was, when it is over. */
export interface TextEnd {
  /** In the order of `choice`; `text` holds all pieces of it. */
  readonly choices: readonly TextChoice[];
  readonly usage: TextUsage;
  /** Turns of the chat that were left out to fit the context. */
  readonly trimmedMessages: number;
  /** Undefined where somebody else computed it. */
  readonly timings: TextTimings | undefined;
}

/** What the runtime answers a text request with. */
export interface TextOutput {
  readonly kind: 'text';
  readonly choices: readonly TextChoice[];
}
