import type { FileRef } from '../catalog/schema.js';

/** Where a file's bytes are on this host: a path in Node, a cache key in a browser. */
export interface LocatedFile {
  readonly location: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Brings the files of a catalog within reach of the engine. Whoever reads a located file hashes it
 * while reading and refuses other bytes, so a file that changes in between is caught.
 */
export interface ModelStore {
  /**
   * @throws ArtifactMissingError when the file is not there or cannot be read
   */
  locate(file: FileRef, options?: { readonly signal?: AbortSignal }): Promise<LocatedFile>;
}
