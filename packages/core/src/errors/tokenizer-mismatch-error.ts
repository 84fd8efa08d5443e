import { TerraceError } from './terrace-error.js';

/** A tokenizer is not the one of the model beside it. Facts: model, tokens, vocabulary. */
export class TokenizerMismatchError extends TerraceError {
  static readonly code = 'TOKENIZER_MISMATCH';
  declare readonly code: typeof TokenizerMismatchError.code;
}
