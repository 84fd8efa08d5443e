import { TerraceError } from './terrace-error.js';

/** No answer came from an endpoint: no connection, a broken one, or not in time. */
export class EndpointUnreachableError extends TerraceError {
  static readonly code = 'ENDPOINT_UNREACHABLE';
  declare readonly code: typeof EndpointUnreachableError.code;
}
