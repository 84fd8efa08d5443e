import type { JsonSchema } from './messages.js';

/** What the text must be. */
export type OutputFormat =
  | { readonly kind: 'text' }
  /** Any JSON object. */
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly schema: JsonSchema }
  /** One of these, word for word: the model is then a classifier with probabilities. */
  | { readonly kind: 'enum'; readonly values: readonly string[] };

/** How tokens are chosen, parsed and bounded: every field is there. Plain data: it crosses to a worker. */
export interface Generation {
  readonly maxTokens: number;
  /** 0 takes the likeliest token. */
  readonly temperature: number;
  /** In (0, 1]; 1 leaves nothing out. */
  readonly topP: number;
  /** 0 leaves nothing out. */
  readonly topK: number;
  /** The same seed gives the same text on the same engine with the same company; undefined draws one. */
  readonly seed: number | undefined;
  /** Where the text ends; they are not part of it. */
  readonly stop: readonly string[];
  /** 1 changes nothing. Over the prompt and what was written. */
  readonly repetitionPenalty: number;
  /** Token id to what is added to its logit, in [-100, 100]. */
  readonly logitBias: Readonly<Record<string, number>>;
  /** Alternatives told of each token, in [0, 20]; undefined tells no log-probabilities of tokens. */
  readonly topLogProbs: number | undefined;
  /** Answers that are drawn, in [1, 16]. */
  readonly n: number;
  readonly format: OutputFormat;
  /** What happens to a chat that does not fit: `trim` leaves its oldest turns out, never the system's and the last. */
  readonly context: 'refuse' | 'trim';
}

/** Without a word of the caller. */
export const DEFAULT_GENERATION: Generation = {
  maxTokens: 256,
  temperature: 0,
  topP: 1,
  topK: 0,
  seed: undefined,
  stop: [],
  repetitionPenalty: 1,
  logitBias: {},
  topLogProbs: undefined,
  n: 1,
  format: { kind: 'text' },
  context: 'refuse',
};
