import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unwritable } from '../files/atomic-file.js';
import { syncFolder } from '../files/sync-folder.js';
import { makeFolder } from './staging.js';

/**
 * Puts files and folders in place, and back where they were when what follows fails. Every step is a rename
 * on one disk: none is ever there in part.
 */
export class Swaps {
  readonly #undo: (() => Promise<void>)[] = [];
  readonly #attic: string;
  #count = 0;

  /** @param attic an empty folder for what is replaced, on the same disk */
  constructor(attic: string) {
    this.#attic = attic;
  }

  /** Moves `from` to `to`; what was there goes to the attic. @throws StorageError */
  async put(from: string, to: string): Promise<void> {
    await makeFolder(dirname(to));
    await this.away(to);
    await move(from, to);
    // Not deleted: a crash in the middle of going back must leave it whole somewhere.
    this.#undo.push(() => rename(to, from));
    await syncFolder(to);
  }

  /** Moves a file or folder to `to`, or to the attic; one that is not there is left alone. @throws StorageError */
  async away(path: string, to = join(this.#attic, String(this.#count++))): Promise<void> {
    await makeFolder(dirname(to));
    try {
      await rename(path, to);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw unwritable(path, cause);
    }
    this.#undo.push(() => rename(to, path));
  }

  /** The last step first. What cannot be undone is left to `terrace models verify` to name. */
  async back(): Promise<void> {
    for (const step of this.#undo.toReversed()) await step().catch(() => undefined);
  }
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((cause: unknown) => {
    throw unwritable(to, cause);
  });
}
