import { TerraceError } from './terrace-error.js';

/** A file could not be fetched: no network, a server that refuses, or one that sends something else. */
export class DownloadError extends TerraceError {
  static readonly code = 'DOWNLOAD_FAILED';
  declare readonly code: typeof DownloadError.code;
}
