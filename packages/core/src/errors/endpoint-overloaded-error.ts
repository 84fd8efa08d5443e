import { TerraceError } from './terrace-error.js';

/** An endpoint asks to come back later (429, 503); the fact `retryAfterMs` says when, where it does. */
export class EndpointOverloadedError extends TerraceError {
  static readonly code = 'ENDPOINT_OVERLOADED';
  declare readonly code: typeof EndpointOverloadedError.code;
}
