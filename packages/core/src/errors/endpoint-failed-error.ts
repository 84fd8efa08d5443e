import { TerraceError } from './terrace-error.js';

/** An endpoint answered that it failed (5xx). */
export class EndpointFailedError extends TerraceError {
  static readonly code = 'ENDPOINT_FAILED';
  declare readonly code: typeof EndpointFailedError.code;
}
