import { TerraceError } from './terrace-error.js';

/** A file whose bytes are not the bytes the catalog promised. */
export class ArtifactCorruptError extends TerraceError {
  static readonly code = 'ARTIFACT_CORRUPT';
  declare readonly code: typeof ArtifactCorruptError.code;
}
