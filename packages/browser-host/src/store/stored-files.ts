import { opfsLocation } from './opfs-location.js';

/** Files by the sha256 of their content, in one folder of the origin's private file system. */
export class StoredFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects where nothing can be kept: a page without encryption, a private window, site data forbidden. */
  static async open(folder: string): Promise<StoredFiles> {
    const files = new StoredFiles(folder);
    if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) throw new Error('it has no private files');
    if (navigator.locks === undefined) throw new Error('it has no locks');
    await files.directory();
    return files;
  }

  location(sha256: string): string {
    return opfsLocation(this.#folder, sha256);
  }

  /** @returns undefined when there is none */
  async bytesOf(sha256: string): Promise<number | undefined> {
    try {
      const directory = await this.directory();
      return (await (await directory.getFileHandle(sha256)).getFile()).size;
    } catch {
      return undefined;
    }
  }

  /** Looked for each time: a user who clears the site's data takes the folder from under its handles. */
  async directory(): Promise<FileSystemDirectoryHandle> {
    return (await navigator.storage.getDirectory()).getDirectoryHandle(this.#folder, { create: true });
  }
}
