import { TerraceError } from './terrace-error.js';

/** Nothing here vouches for the signer: the key is unknown, revoked or expired, or nobody signed. */
export class UntrustedSignerError extends TerraceError {
  static readonly code = 'SIGNER_UNTRUSTED';
  declare readonly code: typeof UntrustedSignerError.code;
}
