import {
  waitFor,
  type FileRef,
  type LocatedFile,
  type LocateOptions,
  type ModelStore,
  type Presence,
} from '@terrace/core';
import type { Addresses } from './addresses.js';
import type { Disk, KeptContents } from './kept-contents.js';
import type { LazySupply } from './lazy-supply.js';

/**
 * The files of catalogs where workers read them. It finds what is on the disk; whatever is not, or turns out to be
 * damaged, is for the supply, which a start with everything at hand never loads.
 */
export class BrowserStore implements ModelStore {
  readonly #kept: KeptContents | undefined;
  readonly #addresses: Addresses;
  readonly #supply: LazySupply;

  constructor({ disk, addresses, supply }: { disk: Disk; addresses: Addresses; supply: LazySupply }) {
    this.#kept = disk.kept;
    this.#addresses = addresses;
    this.#supply = supply;
  }

  presence(file: FileRef): Presence {
    if (this.#kept?.mayHave(file) || this.#supply.opened()?.store.holds(file)) return 'here';
    return this.#addresses.has(file.sha256) ? 'fetchable' : 'missing';
  }

  async locate(file: FileRef, options: LocateOptions = {}): Promise<LocatedFile> {
    const { signal } = options;
    signal?.throwIfAborted();
    const { sha256, bytes } = file;
    const location = this.#kept?.mayHave(file) && (await this.#find(this.#kept, file));
    if (location) return { location, bytes, sha256 };
    const { store } = await waitFor(this.#supply.open(), signal);
    return store.locate(file, options);
  }

  /** Where a file is by the index, which may be wrong: nothing keeps it there. Rejects for what is not there. */
  async locateAtOnce(file: FileRef): Promise<LocatedFile> {
    if (!this.#kept?.mayHave(file)) throw new Error('it is not here');
    const { sha256, bytes } = file;
    return { location: this.#kept.files.location(sha256), bytes, sha256 };
  }

  /**
   * For who could not read what was located: brings it anew when it is damaged or gone.
   * @throws what `locate` throws
   */
  async renew(located: LocatedFile, signal?: AbortSignal): Promise<LocatedFile> {
    const { store } = await waitFor(this.#supply.open(), signal);
    return store.renew(located, signal);
  }

  close(): void {
    this.#supply.close();
    this.#kept?.close();
  }

  /** What cannot be used is for the supply to say. */
  async #find(kept: KeptContents, file: FileRef): Promise<string | undefined> {
    return kept.find(file).catch(() => undefined);
  }
}
