import { TerraceError } from './terrace-error.js';

/** The inference engine refused to load or to run a model. */
export class EngineError extends TerraceError {
  static readonly code = 'ENGINE_FAILED';
  declare readonly code: typeof EngineError.code;
}
