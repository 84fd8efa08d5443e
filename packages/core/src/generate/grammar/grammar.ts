import type { OutputFormat } from '../../tasks/text-generation/generation.js';

/** How far one sequence has come in a grammar. */
export interface GrammarState {
  /**
   * Writes which tokens may come next, one bit a token; end tokens only where the text is complete.
   * @returns whether any token is ruled out
   */
  mask(into: Int32Array): boolean;
  /** Writes those alone behind which the text can still end: as `mask`, and only where `fits`. */
  maskWithin(into: Int32Array, tokens: number): void;
  /** Whether the text can end within so many tokens of which this is the first. */
  fits(token: number, tokens: number): boolean;
  /** @returns whether the token was allowed; one that was not changes nothing */
  accept(token: number): boolean;
  /** The same for a text, however it would be cut into tokens. */
  acceptText(text: string): boolean;
  /** Most that it takes to end the text when every token is chosen for it: with so many left it always can. */
  readonly tokensLeft: number;
  /** Whether the text could end here. */
  readonly isComplete: boolean;
  /** Whether it must end here: nothing else may come. */
  readonly isOver: boolean;
  /** For another sequence that has come as far. */
  copy(): GrammarState;
}

/** What a format allows, compiled for one vocabulary; shared by all sequences. */
export interface Grammar {
  start(): GrammarState;
}

/** Formats to grammars; compiled ones are kept. */
export interface GrammarCompiler {
  /** @throws InvalidRequestError that says where, for a schema that is none or that cannot be followed exactly */
  compile(format: Exclude<OutputFormat, { readonly kind: 'text' }>): Grammar;
}

/** The bytes of every token, as grammars are about bytes. */
export interface TokenBytes {
  readonly vocabulary: number;
  /** Undefined for control tokens: they are no text. */
  bytesOf(token: number): Uint8Array | undefined;
  readonly endTokens: readonly number[];
}
