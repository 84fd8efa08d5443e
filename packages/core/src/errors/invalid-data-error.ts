import { TerraceError } from './terrace-error.js';

/** A data file whose rows cannot be used, such as labels the delta does not know. */
export class InvalidDataError extends TerraceError {
  static readonly code = 'INVALID_DATA';
  declare readonly code: typeof InvalidDataError.code;
}
