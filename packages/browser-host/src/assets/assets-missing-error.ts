import { TerraceError } from '@terrace/core';

/** A file of the package that the page loads later is not where it should be, or is of another release. */
export class AssetsMissingError extends TerraceError {
  static readonly code = 'ASSETS_MISSING';
  declare readonly code: typeof AssetsMissingError.code;
}
