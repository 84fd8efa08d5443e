import type { Part } from './part.js';
import type { StoredFiles } from './stored-files.js';
import { openStoredPart, type StoredPartOptions } from './stored-part.js';
import { storageFailure } from './storage-failure.js';

/** Writes and removes stored files. */
export class WritableFiles {
  readonly #files: StoredFiles;

  constructor(files: StoredFiles) {
    this.#files = files;
  }

  /** @throws StorageError */
  async openPart(sha256: string, options: StoredPartOptions): Promise<Part> {
    try {
      const directory = await this.#files.directory();
      return await openStoredPart(await directory.getFileHandle(sha256, { create: true }), options);
    } catch (cause) {
      throw storageFailure('be written', cause);
    }
  }

  /** One that is not there is none to remove. @returns whether it is gone */
  async remove(sha256: string): Promise<boolean> {
    try {
      await (await this.#files.directory()).removeEntry(sha256);
      return true;
    } catch (error) {
      return error instanceof DOMException && error.name === 'NotFoundError';
    }
  }

  /** Names of all files in the folder. @throws StorageError */
  async names(): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const name of (await this.#files.directory()).keys()) names.push(name);
    } catch (cause) {
      throw storageFailure('be read', cause);
    }
    return names;
  }
}
