import { TerraceError } from './terrace-error.js';

/** A chat is longer than the model's context leaves room for. Facts: model, tokens, contextTokens. */
export class ContextExceededError extends TerraceError {
  static readonly code = 'CONTEXT_EXCEEDED';
  declare readonly code: typeof ContextExceededError.code;
}
