import { watchFile, type WatchedFile } from '../../store/files/watched-file.js';
import { readKeys } from './keys-file.js';
import type { ServerKey } from './server-key.js';

export type WatchedKeys = WatchedFile<readonly ServerKey[]>;

/**
 * Reads a keys file, and reads it again soon after it changes.
 * @throws ArtifactMissingError, InvalidCatalogError
 */
export const watchKeys = (
  file: string,
  options: { onFailure: (error: unknown) => void; lookEveryMs?: number },
): Promise<WatchedKeys> => watchFile(file, { ...options, read: readKeys });
