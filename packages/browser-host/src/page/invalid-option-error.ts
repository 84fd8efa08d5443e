import { TerraceError } from '@terrace/core';

/** An application gave a runtime an option that means nothing: nothing was loaded. */
export class InvalidOptionError extends TerraceError {
  static readonly code = 'INVALID_OPTION';
  declare readonly code: typeof InvalidOptionError.code;
}
