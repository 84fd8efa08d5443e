import { join } from 'node:path';
import { takeLock } from '../store/content/lock-file.js';
import { thisHost } from '../store/content/store-host.js';
import { unwritable } from '../store/files/atomic-file.js';
import { makeFolder } from '../store/files/make-folder.js';

/**
 * Reads, decides and writes while no other process does: of two changes to what a device trusts or has accepted, none
 * is lost. Not to be nested.
 * @throws StorageError when the state folder cannot be written, and what `change` throws
 */
export async function changeTrust<T>(home: string, change: () => Promise<T>): Promise<T> {
  await makeFolder(home).catch((cause: unknown) => {
    throw unwritable(home, cause);
  });
  const lock = await takeLock(join(home, 'trust.lock'), await thisHost());
  try {
    return await change();
  } finally {
    await lock.release();
  }
}
