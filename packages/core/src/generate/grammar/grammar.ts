import type { OutputFormat } from '../../tasks/text-generation/generation.js';

/** How far one sequence has come in a grammar. */
export interface GrammarState {
  /**
   * Writes which tokens may come next, one bit a token; end tokens only where the text is complete.
   * @returns whether any token is ruled out
   */
  mask(into: Int32Array): boolean;
  /** @returns whether the token was allowed; one that was not changes nothing */
  accept(token: number): boolean;
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
