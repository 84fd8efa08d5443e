import { TerraceError } from './terrace-error.js';

/** A request that cannot be understood or is over a bound: nothing was run. */
export class InvalidRequestError extends TerraceError {
  static readonly code = 'INVALID_REQUEST';
  declare readonly code: typeof InvalidRequestError.code;
}
