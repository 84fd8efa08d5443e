import type { FileRef } from '../catalog/fields.js';

/** Where a file's bytes are on this host: a path in Node, a cache key in a browser. */
export interface LocatedFile {
  readonly location: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `fetchable`: not here, but the catalog says where it comes from. */
export type Presence = 'here' | 'fetchable' | 'missing';

/** How far a fetch is. `totalBytes` covers every file of it, from the first event on. */
export interface FetchProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** The file on its way. */
  readonly file: string;
}

export interface LocateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called only when the file has to be fetched. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/**
 * Brings the files of a catalog within reach of the engine. Whoever reads a located file hashes it
 * while reading and refuses other bytes, so a file that changes in between is caught.
 */
export interface ModelStore {
  /** Whether `locate` will find the file, have to fetch it, or fail. Cheap enough for every plan; reads no content. */
  presence(file: FileRef): Presence;
  /**
   * Fetches a file that is `fetchable`; what was fetched of it stays for the next try when the signal aborts.
   * @throws ArtifactMissingError when the file is not there or cannot be read; ArtifactCorruptError, DownloadError
   *   and StorageError when it cannot be fetched; the signal's reason
   */
  locate(file: FileRef, options?: LocateOptions): Promise<LocatedFile>;
}
