import { TerraceError } from './terrace-error.js';

/** A file that the catalog names is not there or cannot be read. */
export class ArtifactMissingError extends TerraceError {
  static readonly code = 'ARTIFACT_MISSING';
  declare readonly code: typeof ArtifactMissingError.code;
}
