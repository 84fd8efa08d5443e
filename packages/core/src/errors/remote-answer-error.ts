import { TerraceError } from './terrace-error.js';

/** What an endpoint answered cannot be used: not the protocol, too large, a redirect, or a label nobody knows. */
export class RemoteAnswerError extends TerraceError {
  static readonly code = 'REMOTE_ANSWER_INVALID';
  declare readonly code: typeof RemoteAnswerError.code;
}
