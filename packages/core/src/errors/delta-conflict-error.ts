import { TerraceError } from './terrace-error.js';

/** Deltas that harm each other when they are composed. */
export class DeltaConflictError extends TerraceError {
  static readonly code = 'DELTA_CONFLICT';
  declare readonly code: typeof DeltaConflictError.code;
}
