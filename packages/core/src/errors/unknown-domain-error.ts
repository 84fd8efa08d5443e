import { TerraceError } from './terrace-error.js';

/** A domain or sub-domain that the catalog does not hold. */
export class UnknownDomainError extends TerraceError {
  static readonly code = 'UNKNOWN_DOMAIN';
  declare readonly code: typeof UnknownDomainError.code;
}
