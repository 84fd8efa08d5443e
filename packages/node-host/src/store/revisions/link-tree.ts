import { constants } from 'node:fs';
import { copyFile, link, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../add/staging.js';
import { unwritable } from '../files/atomic-file.js';

/**
 * Lays out the files of a folder a second time, as links: files here are replaced and never written in place. Where
 * links cannot be made they are copied. What is neither file nor folder is left out.
 * @throws StorageError
 */
export async function linkTree(from: string, to: string): Promise<void> {
  await makeFolder(to);
  const entries = await readdir(from, { withFileTypes: true }).catch((cause: unknown) => {
    throw unwritable(to, cause);
  });
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isFile()) await linkFile(source, target);
  }
}

/** @throws StorageError */
export async function linkFile(source: string, target: string): Promise<void> {
  try {
    await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_EXCL));
  } catch (cause) {
    throw unwritable(target, cause);
  }
}
