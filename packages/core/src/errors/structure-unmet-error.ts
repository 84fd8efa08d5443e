import { TerraceError } from './terrace-error.js';

/** The text ended before it was what was asked for: valid JSON, or one of a list. Facts: model, finishReason, tokens; of a limit that is too low leastTokens, limitTokens. */
export class StructureUnmetError extends TerraceError {
  static readonly code = 'STRUCTURE_UNMET';
  declare readonly code: typeof StructureUnmetError.code;
}
