import {
  ArtifactMissingError,
  download,
  runtimeClosed,
  SharedWork,
  StorageError,
  type Clock,
  type FetchProgress,
  type FileRef,
  type LocatedFile,
  type LocateOptions,
  type OpenFile,
  type Random,
} from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import type { Addresses } from './addresses.js';
import { addressOf } from './file-address.js';
import type { Fill } from './fill-part.js';
import { isUnreadable } from './is-unreadable.js';
import type { Disk } from './kept-contents.js';
import { MemoryContents } from './memory-contents.js';
import { readVerified } from './read-verified.js';
import { storageFailure } from './storage-failure.js';
import { StoredContents, type Bringing } from './stored-contents.js';
import { StoreProgress, type Track } from './store-progress.js';

export interface FetchingStoreOptions {
  /** Where files are kept, or why they cannot be: then they are held in memory. */
  readonly disk: Disk;
  readonly records: UseStore;
  readonly addresses: Addresses;
  readonly open: OpenFile;
  /** For what no request waits for. */
  readonly openForLater: OpenFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly onWarning: (message: string) => void;
}

/**
 * Brings the files of catalogs to where workers read them: to the disk, or into memory where nothing can be stored.
 * What is damaged or gone is brought anew.
 */
export class FetchingStore {
  readonly #options: FetchingStoreOptions;
  readonly #memory = new MemoryContents();
  readonly #progress: StoreProgress;
  readonly #underWay = new SharedWork<LocatedFile>();
  readonly #renewals = new SharedWork<void>();
  readonly #stored: StoredContents | undefined;
  #hasWarned = false;
  #hasCollected = false;

  constructor(options: FetchingStoreOptions) {
    this.#options = options;
    const { kept } = options.disk;
    this.#stored = kept && new StoredContents({ ...options, kept });
    this.#progress = new StoreProgress(options.onProgress);
  }

  /** Whether it is where files of the next start are, by what is known; where nothing can be kept, whether it is held. */
  isKept(file: FileRef): boolean {
    const { kept } = this.#options.disk;
    return kept ? kept.mayHave(file) : this.holds(file);
  }

  /** Whether it is held in memory. */
  holds(file: FileRef): boolean {
    return this.#memory.find(file) !== undefined;
  }

  /** @throws ArtifactMissingError, ArtifactCorruptError, DownloadError, StorageError, the signal's reason */
  async locate(file: FileRef, { signal, onProgress }: LocateOptions = {}): Promise<LocatedFile> {
    const stop = onProgress && this.#progress.listen(file, onProgress);
    try {
      return await this.#underWay.join(file.sha256, signal, (own) => {
        const track = this.#progress.track(file);
        if (!this.holds(file) && !this.#options.disk.kept?.mayHave(file)) track.begin();
        return this.#obtain(file, own, track).finally(() => track.end());
      });
    } finally {
      stop?.();
    }
  }

  /**
   * Brings files that no request waits for, one after the other. Nothing that a catalog names makes room for them, and
   * where files can be kept none of them is only held in memory.
   * @param options.beforeEach waited for
   * @throws what `locate` throws; StorageError when there is no room
   */
  async keepAll(
    files: readonly FileRef[],
    { signal, beforeEach }: { readonly signal: AbortSignal; readonly beforeEach: () => Promise<void> },
  ): Promise<void> {
    const wanted = files.map((file) => ({ file, track: this.#progress.track(file) }));
    for (const { file, track } of wanted) if (!this.isKept(file)) track.begin();
    try {
      for (const { file, track } of wanted) {
        if (!this.isKept(file)) await beforeEach();
        await this.#underWay.join(file.sha256, signal, (own) => this.#keep(file, own, track));
        track.end();
      }
    } finally {
      for (const { track } of wanted) track.end();
    }
  }

  /** Brings a small file, of which no progress is told. @throws what `locate` throws */
  bring(file: FileRef, signal?: AbortSignal): Promise<LocatedFile> {
    return this.#underWay.join(file.sha256, signal, (own) => this.#obtain(file, own));
  }

  /**
   * The content of a small file.
   * @throws what `locate` throws
   */
  async read(file: FileRef, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const located = await this.bring(file, signal);
    try {
      return await readVerified(located);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return readVerified(await this.renew(located, signal));
    }
  }

  /**
   * For who could not read what was located: looks at it, and brings it anew when it is damaged or gone.
   * @throws what `locate` throws
   */
  async renew(located: LocatedFile, signal?: AbortSignal): Promise<LocatedFile> {
    const { sha256, bytes } = located;
    const file = this.#options.addresses.get(sha256)?.file ?? { path: located.location, sha256, bytes };
    await this.#renewals.join(sha256, signal, async (own) => {
      const isSound = (): Promise<boolean> =>
        readVerified(located).then(
          () => true,
          () => false,
        );
      if (this.#memory.find(file) === located.location) {
        if (!(await isSound())) this.#memory.drop(file);
      } else await this.#stored?.drop(file, isSound, own);
    });
    return this.locate(file, { signal });
  }

  /** Bytes that files take here, parts as far as the index knows not included. */
  usedBytes(): number {
    let sum = this.#memory.usedBytes();
    for (const { bytes, isComplete } of this.#options.disk.kept?.index.all().values() ?? [])
      if (isComplete) sum += bytes;
    return sum;
  }

  /** Throws away what no catalog names and nobody has used for a month. @returns how many files */
  async collect(): Promise<number> {
    return (await this.#stored?.collect().catch(() => 0)) ?? 0;
  }

  close(): void {
    const reason = runtimeClosed();
    this.#underWay.close(reason);
    this.#renewals.close(reason);
  }

  async #obtain(file: FileRef, signal: AbortSignal, track?: Track): Promise<LocatedFile> {
    const { sha256, bytes } = file;
    const fill = this.#fill(file, { signal, track, open: this.#options.open });
    const location =
      this.#memory.find(file) ?? (await this.#toDisk(file, fill, signal)) ?? (await this.#memory.bring(file, fill));
    return { location, bytes, sha256 };
  }

  async #keep(file: FileRef, signal: AbortSignal, track: Track): Promise<LocatedFile> {
    if (!this.#options.disk.kept) return this.#obtain(file, signal, track);
    const { sha256, bytes } = file;
    const fill = this.#fill(file, { signal, track, open: this.#options.openForLater });
    return { location: await this.#onDisk(file, { fill, signal, evictable: 'unnamed' }), bytes, sha256 };
  }

  /** @throws StorageError, and what `fill` throws */
  async #onDisk(file: FileRef, bringing: Bringing): Promise<string> {
    const { kept, refusal } = this.#options.disk;
    if (!kept || !this.#stored) throw storageFailure('be used', refusal);
    const found = await kept.find(file).catch((cause: unknown) => {
      throw storageFailure('be used', cause);
    });
    if (found !== undefined) return found;
    const brought = await this.#stored.bring(file, bringing);
    this.#collectOnce();
    return brought;
  }

  /** @returns undefined where it cannot be stored */
  async #toDisk(file: FileRef, fill: Fill, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#onDisk(file, { fill, signal, evictable: 'any' });
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error;
      if (this.#options.addresses.has(file.sha256)) this.#warn(file, error);
      return undefined;
    }
  }

  /** A start that brings something throws away what is out of use. */
  #collectOnce(): void {
    if (!this.#hasCollected) void this.collect();
    this.#hasCollected = true;
  }

  /** @throws ArtifactMissingError */
  #fill(
    file: FileRef,
    {
      signal,
      track,
      open,
    }: { readonly signal: AbortSignal; readonly track: Track | undefined; readonly open: OpenFile },
  ): Fill {
    const { clock, random, addresses } = this.#options;
    return async (part) => {
      // An index that was lost does not know what is on the disk.
      if (part.bytes === file.bytes) return;
      const addressed = addresses.get(file.sha256);
      if (!addressed) throw missing(file);
      const url = addressOf(addressed);
      track?.begin();
      const onBytes = (doneBytes: number): void => track?.at(doneBytes);
      await download({ url, open, part, bytes: file.bytes, clock, random, signal, onBytes });
    };
  }

  #warn({ path }: FileRef, error: StorageError): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.onWarning(
      `${path} is used without being stored, and fetched again at the next start. ${error.message} ${error.hint}`,
    );
  }
}

const missing = ({ path }: FileRef): ArtifactMissingError =>
  new ArtifactMissingError({
    message: `${path} is not here, and no catalog says where it can be fetched.`,
    hint: 'Name it in the catalog, and put it beside that; or import again the bundle that brought it.',
    facts: { file: path },
  });
