import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '@terrace/core';
import { makeFolder } from './make-folder.js';
import { syncFolder } from './sync-folder.js';

/**
 * Replaces a file as a whole: a reader sees the old content or the new one, whatever happens between; after a power cut
 * that comes when this has resolved, the new one.
 * @param mode permissions of the file, such as 0o600 for what only its owner may read
 * @throws StorageError when the folder is read-only or the disk is full; the old file is untouched
 */
export async function writeAtomically(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  }
}

/**
 * Asks before long work whether its result can be written.
 * @throws StorageError
 */
export async function requireWritable(path: string): Promise<void> {
  const probe = `${path}.${randomUUID()}.tmp`;
  try {
    await makeFolder(dirname(path));
    await (await open(probe, 'wx')).close();
  } catch (cause) {
    throw unwritable(path, cause);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

export function unwritable(path: string, cause: unknown): StorageError {
  const code = (cause as NodeJS.ErrnoException).code;
  const hints: Readonly<Record<string, string>> = {
    ENOSPC: 'The disk is full: free some space and run the command again.',
    EROFS: 'The file system is read-only: choose another place (TERRACE_HOME, --out, --html).',
    EACCES: 'The folder may not be written: choose another place (TERRACE_HOME, --out, --html) or change its owner.',
  };
  return new StorageError({
    message: `${path} cannot be written (${code ?? String(cause)}).`,
    hint: hints[code ?? ''] ?? 'Choose another place (TERRACE_HOME, --out, --html).',
    facts: { file: path, errno: code },
    cause,
  });
}
