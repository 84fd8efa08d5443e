import { copyFile, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '@terrace/core';
import type { ContentStore } from '../content/content-store.js';
import type { Hold } from '../content/in-use.js';
import { unwritable } from '../files/atomic-file.js';

/**
 * Moves the weights of an unpacked bundle to where those of pulled models are: equal weights are kept once.
 * @param root where the bundle was unpacked; its files are known to be the ones the catalog names
 * @returns what keeps them from being collected until the catalog names them
 * @throws StorageError, and the signal's reason
 */
export async function keepWeights(
  root: string,
  { catalog, store, signal }: { catalog: Catalog; store: ContentStore; signal: AbortSignal },
): Promise<Hold> {
  const variants = catalog.models.flatMap((model) => model.variants);
  const files = [...new Map(variants.map(({ weights }) => [weights.path, weights])).values()];
  const hold = await store.hold(
    files.map(({ sha256 }) => sha256),
    signal,
  );
  try {
    for (const { path, bytes, sha256 } of files) {
      const fill = async (part: string): Promise<string> => {
        await move(join(root, path), part);
        return sha256;
      };
      // An object that a disk has damaged has the right name and size: these bytes take its place.
      await store.isSound({ bytes, sha256 }, signal);
      await store.obtain({ bytes, sha256 }, fill, { name: path, signal });
      await rm(join(root, path), { force: true });
    }
    return hold;
  } catch (error) {
    await hold.release();
    throw error;
  }
}

/** A rename where both are on one disk. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw unwritable(to, cause);
    try {
      await copyFile(from, to);
      const file = await open(to, 'r+');
      await file.sync().finally(() => file.close());
    } catch (again) {
      throw unwritable(to, again);
    }
  }
}
