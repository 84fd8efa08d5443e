/** What was cut of a chat, and what that saved: plain data, a part of results. Never a text. */
export interface EconomyFacts {
  readonly before: TokenCount;
  readonly after: TokenCount;
  readonly cut: readonly Cut[];
}

export interface TokenCount {
  readonly tokens: number;
  /** False: counted by the tier's own tokenizer, equal to what it reads. */
  readonly estimated: boolean;
}

export interface Cut {
  readonly kind: 'whitespace' | 'boilerplate' | 'turn' | 'context';
  /** Index of the message in the chat as it was asked. */
  readonly message: number;
  readonly tokens: number;
}
