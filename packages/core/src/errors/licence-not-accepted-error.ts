import { TerraceError } from './terrace-error.js';

/** A model whose licence somebody has to accept first. */
export class LicenceNotAcceptedError extends TerraceError {
  static readonly code = 'LICENCE_NOT_ACCEPTED';
  declare readonly code: typeof LicenceNotAcceptedError.code;
}
