import type { StoredFiles } from '../store/stored-files.js';

/** Rejects when it is not there. */
export const storedFile = async (files: StoredFiles, sha256: string): Promise<File> =>
  (await (await files.directory()).getFileHandle(sha256)).getFile();
