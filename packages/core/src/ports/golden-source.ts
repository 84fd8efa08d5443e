import type { Golden } from '../catalog/golden.js';
import type { FileRef } from '../catalog/fields.js';

/** Reads the golden data of models. */
export interface GoldenSource {
  /**
   * @throws ArtifactMissingError, ArtifactCorruptError when the file is not the one the catalog names
   * @throws InvalidCatalogError when it does not fit its schema
   */
  golden(file: FileRef): Promise<Golden>;
}
