import { TerraceError } from './terrace-error.js';

/** A document that cannot be read: damaged, encrypted, without text, or over a bound. Nothing of it was kept. */
export class InvalidDocumentError extends TerraceError {
  static readonly code = 'INVALID_DOCUMENT';
  declare readonly code: typeof InvalidDocumentError.code;
}
