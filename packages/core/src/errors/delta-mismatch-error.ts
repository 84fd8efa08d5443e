import { TerraceError } from './terrace-error.js';

/** A delta that does not belong to the base it is used with. */
export class DeltaMismatchError extends TerraceError {
  static readonly code = 'DELTA_MISMATCH';
  declare readonly code: typeof DeltaMismatchError.code;
}
