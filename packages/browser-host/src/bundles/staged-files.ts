import type { BundleEntry, EntryContent, FileRef } from '@terrace/core';
import type { KeptContents } from '../store/kept-contents.js';
import { startHash } from '../store/part.js';
import { storageFailure } from '../store/storage-failure.js';
import type { StoredContents } from '../store/stored-contents.js';
import { chunksOf } from './chunks-of.js';
import { storedFile } from './stored-file.js';

/** Files of a bundle on their way into the store: none counts as here before all of them do. */
export class StagedFiles {
  readonly #kept: KeptContents;
  readonly #stored: StoredContents;
  readonly #written = new Map<string, FileRef>();

  constructor({ kept, stored }: { readonly kept: KeptContents; readonly stored: StoredContents }) {
    this.#kept = kept;
    this.#stored = stored;
  }

  /** @throws StorageError when there is no room for what is not here yet */
  async requireRoom(files: readonly BundleEntry[]): Promise<void> {
    // Another page may have brought or imported some of them.
    await Promise.all(files.map(({ sha256 }) => this.#kept.index.refresh(sha256)));
    const lacking = new Map(files.filter((file) => !this.#kept.mayHave(file)).map((file) => [file.sha256, file.bytes]));
    await this.#stored.makeRoom([...lacking.values()].reduce((sum, bytes) => sum + bytes, 0));
  }

  /**
   * Takes a file from the bundle; what is here and sound is compared and stays.
   * @throws InvalidBundleError, StorageError, the signal's reason
   */
  async take(
    file: BundleEntry,
    content: EntryContent,
    { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (doneBytes: number) => void },
  ): Promise<void> {
    let doneBytes = 0;
    const tell = (chunk: Uint8Array): void => onBytes((doneBytes += chunk.length));
    // From here on nobody evicts it.
    await this.#kept.locks.use(file.sha256).catch((cause: unknown) => {
      throw storageFailure('be used', cause);
    });
    if (this.#written.has(file.sha256) || (await this.#isHere(file))) {
      await content({ signal, write: async (chunk) => tell(chunk) });
      return;
    }
    this.#written.set(file.sha256, file);
    await this.#stored.stage(file, {
      signal,
      evictable: 'unnamed',
      async fill(part) {
        await part.restart('', null);
        doneBytes = 0;
        const write = async (chunk: Uint8Array<ArrayBuffer>): Promise<void> => {
          await part.append(chunk);
          tell(chunk);
        };
        await content({ signal, write });
      },
    });
  }

  /** What makes them count as here, for the records of the store. */
  entries(): [string, unknown][] {
    return [...this.#written].map(([sha256, file]) => [sha256, this.#kept.complete(file)]);
  }

  /** The store looks at its records anew. */
  async settle(): Promise<void> {
    await Promise.all([...this.#written.keys()].map((sha256) => this.#kept.index.refresh(sha256)));
  }

  /** Throws away what was written. */
  async drop(): Promise<void> {
    for (const file of this.#written.values()) await this.#stored.unstage(file);
  }

  /** A file that the disk has damaged gives way to that of the bundle; what another page has brought meanwhile does not. */
  async #isHere(file: FileRef): Promise<boolean> {
    await this.#kept.index.refresh(file.sha256);
    if (!this.#kept.mayHave(file)) return false;
    try {
      const stored = await storedFile(this.#kept.files, file.sha256);
      const hash = startHash();
      for await (const chunk of chunksOf(stored)) hash.update(chunk);
      return hash.digest() === file.sha256;
    } catch {
      return false;
    }
  }
}
