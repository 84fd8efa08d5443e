import { TerraceError } from './terrace-error.js';

/** A ladder revision that was never kept, or a rollback with nothing to go back to. */
export class UnknownRevisionError extends TerraceError {
  static readonly code = 'UNKNOWN_REVISION';
  declare readonly code: typeof UnknownRevisionError.code;
}
