import { TerraceError } from './terrace-error.js';

/** More requests wait than the runtime holds. */
export class OverloadedError extends TerraceError {
  static readonly code = 'OVERLOADED';
  declare readonly code: typeof OverloadedError.code;
}
