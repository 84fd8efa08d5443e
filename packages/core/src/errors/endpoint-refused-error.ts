import { TerraceError } from './terrace-error.js';

/** An endpoint refuses the request (4xx): a wrong key, an unknown model, a request it does not take. */
export class EndpointRefusedError extends TerraceError {
  static readonly code = 'ENDPOINT_REFUSED';
  declare readonly code: typeof EndpointRefusedError.code;
}
