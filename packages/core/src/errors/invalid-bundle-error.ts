import { TerraceError } from './terrace-error.js';

/** A bundle that is not, byte for byte, what its own manifest says. */
export class InvalidBundleError extends TerraceError {
  static readonly code = 'BUNDLE_INVALID';
  declare readonly code: typeof InvalidBundleError.code;
}
