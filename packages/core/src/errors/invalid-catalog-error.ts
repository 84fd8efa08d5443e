import { TerraceError } from './terrace-error.js';

/** A catalog, manifest or calibration file that does not fit its schema. */
export class InvalidCatalogError extends TerraceError {
  static readonly code = 'INVALID_CATALOG';
  declare readonly code: typeof InvalidCatalogError.code;
}
