import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { thisProcess } from '../content/process-owner.js';
import { unwritable } from '../files/atomic-file.js';
import { makeFolder as makeAllFolders } from '../files/make-folder.js';
import { OWNER, removeStale } from './remove-stale.js';
import { INCOMING } from './unfinished.js';

/** What is on its way into the overlay. */
export interface Staged {
  readonly kind: 'model' | 'delta' | 'calibration' | 'proof' | 'endpoint';
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
  const staging = await openStaging(overlay);
  try {
    return await use(staging.folder);
  } finally {
    await staging.close();
  }
}

/** An empty folder that is this process's own, until it is closed. */
export interface Staging {
  readonly folder: string;
  close(): Promise<void>;
}

/** @throws StorageError when the overlay cannot be written */
export async function openStaging(overlay: string): Promise<Staging> {
  const folder = join(overlay, INCOMING, randomUUID());
  const close = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    await removeStale(overlay);
  };
  try {
    await makeFolder(folder);
    await writeNew(join(folder, OWNER), JSON.stringify(await thisProcess()));
    return { folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws StorageError */
export async function makeFolder(folder: string): Promise<void> {
  await makeAllFolders(folder).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
}

/** Writes a new file to the disk. @throws StorageError */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
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
