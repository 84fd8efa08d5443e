import { TerraceError } from './terrace-error.js';

/** A signature that does not belong to what it lies beside: something was changed after it was signed. */
export class InvalidSignatureError extends TerraceError {
  static readonly code = 'SIGNATURE_INVALID';
  declare readonly code: typeof InvalidSignatureError.code;
}
