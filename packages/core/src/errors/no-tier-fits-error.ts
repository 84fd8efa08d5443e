import { TerraceError } from './terrace-error.js';

/** Every tier was rejected by the device or by the request. */
export class NoTierFitsError extends TerraceError {
  static readonly code = 'NO_TIER_FITS';
  declare readonly code: typeof NoTierFitsError.code;
}
