import { TerraceError } from './terrace-error.js';

/** State could not be written: disk full, read-only folder, or a damaged database. */
export class StorageError extends TerraceError {
  static readonly code = 'STORAGE_FAILED';
  declare readonly code: typeof StorageError.code;
}
