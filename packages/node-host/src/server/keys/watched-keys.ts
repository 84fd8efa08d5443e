import { existsSync } from 'node:fs';
import { watchFile, type WatchedFile } from '../../store/files/watched-file.js';
import { readKeys } from './keys-file.js';
import type { ServerKey } from './server-key.js';

/** Nothing as long as there was no file. */
export type WatchedKeys = WatchedFile<readonly ServerKey[] | undefined>;

/**
 * Reads a keys file, and reads it again soon after it changes or comes to be. One that is removed leaves its keys in force:
 * a door that somebody has closed stays closed.
 * @throws ArtifactMissingError when it cannot be read, InvalidCatalogError
 */
export const watchKeys = (
  file: string,
  options: { onFailure: (error: unknown) => void; lookEveryMs?: number },
): Promise<WatchedKeys> => {
  let wasThere = false;
  const read = async (): Promise<readonly ServerKey[] | undefined> => {
    wasThere ||= existsSync(file);
    return wasThere ? readKeys(file) : undefined;
  };
  return watchFile(file, { ...options, read });
};
