import { TerraceError } from './terrace-error.js';

/** A model name that a server does not offer. */
export class ModelNotFoundError extends TerraceError {
  static readonly code = 'MODEL_NOT_FOUND';
  declare readonly code: typeof ModelNotFoundError.code;
}
