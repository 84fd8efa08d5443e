import { chmod, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../store/files/make-folder.js';
import { databaseFailure, type DatabaseName } from './database-failure.js';

/**
 * Makes a database that only its owner may read, or takes it from others. SQLite gives its other files the mode that
 * this one has.
 * @throws StorageError
 */
export async function keepPrivate({ noun, file }: DatabaseName): Promise<void> {
  try {
    await makeFolder(dirname(file), 0o700);
    // A file that is there is not opened: the system takes all locks of a process on a file from it as soon as it
    // closes the file anywhere, and another connection of this process may hold some.
    await writeFile(file, '', { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    // One that was copied here may be open to others; one of another user cannot be changed.
    const found = await stat(file);
    if (found.isFile() && (found.mode & 0o077) !== 0) await chmod(file, 0o600).catch(() => undefined);
  } catch (cause) {
    throw databaseFailure({ doing: 'open', noun, file, cause });
  }
}
