import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unwritable } from '../files/atomic-file.js';
import { makeFolder as makeAllFolders } from '../files/make-folder.js';

/** In the overlay, so that a rename stays on one disk; hidden, so that no catalog names what is in it. */
export const INCOMING = '.incoming';
/** What a process that was killed left behind is older than this. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** What is on its way into the overlay. */
export interface Staged {
  readonly kind: 'model' | 'delta' | 'calibration' | 'proof';
  readonly id: string;
  /** Its folder, or the file of a calibration, relative to the overlay and to the staging folder alike. */
  readonly place: string;
  /** What the user should know about what was done. */
  readonly notes: readonly string[];
}

/**
 * Runs `use` with an empty folder in the overlay, which is gone afterwards whatever happens.
 * @throws StorageError when the overlay cannot be written, and what `use` throws
 */
export async function withStaging<T>(overlay: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(overlay, INCOMING, randomUUID());
  try {
    await makeFolder(folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    await removeStale(join(overlay, INCOMING));
  }
}

/** @throws StorageError */
export async function makeFolder(folder: string): Promise<void> {
  await makeAllFolders(folder).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
}

/** Writes a new file to the disk. @throws StorageError */
export async function writeNew(path: string, content: string): Promise<void> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** A folder of its own for an id that may hold one "/": no id is the folder around another. */
export const folderName = (id: string): string => id.replace('/', '+');

async function removeStale(incoming: string): Promise<void> {
  for (const name of await readdir(incoming).catch(() => [])) {
    const path = join(incoming, name);
    const age =
      Date.now() -
      (await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      ));
    if (age > STALE_MS) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** A rename is on the disk once its folder is; where folders cannot be synced the system does it in time. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
