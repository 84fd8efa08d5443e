import { TerraceError } from './terrace-error.js';

/** No tier can answer now, and the request waits in the queue; the fact `requestId` says under which id. */
export class RequestQueuedError extends TerraceError {
  static readonly code = 'REQUEST_QUEUED';
  declare readonly code: typeof RequestQueuedError.code;
}
