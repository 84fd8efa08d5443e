import {
  ArtifactCorruptError,
  ArtifactMissingError,
  download,
  SharedWork,
  StorageError,
  type Clock,
  type FetchProgress,
  type FileRef,
  type LocatedFile,
  type LocateOptions,
  type ModelStore,
  type OpenFile,
  type Presence,
  type Random,
} from '@terrace/core';
import type { Addresses } from './addresses.js';
import type { Fill } from './fill-part.js';
import { MemoryContents } from './memory-contents.js';
import { readVerified } from './read-verified.js';
import type { StoredContents } from './stored-contents.js';
import { StoreProgress, type Track } from './store-progress.js';

export interface BrowserStoreOptions {
  /** Where files are kept, or why they cannot be: then they are held in memory. */
  readonly disk: StoredContents | StorageError;
  readonly addresses: Addresses;
  readonly open: OpenFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly onWarning: (message: string) => void;
}

/**
 * Brings the files of catalogs to where workers read them: to the disk, or into memory where nothing can be stored.
 * What is damaged or gone is brought anew.
 */
export class BrowserStore implements ModelStore {
  readonly #options: BrowserStoreOptions;
  readonly #memory = new MemoryContents();
  readonly #progress: StoreProgress;
  readonly #underWay = new SharedWork<LocatedFile>();
  readonly #renewals = new SharedWork<void>();
  #hasWarned = false;

  constructor(options: BrowserStoreOptions) {
    this.#options = options;
    this.#progress = new StoreProgress(options.onProgress);
  }

  presence(file: FileRef): Presence {
    const isHere = this.#memory.find(file) !== undefined || this.#disk()?.mayHave(file);
    if (isHere) return 'here';
    return this.#options.addresses.has(file.sha256) ? 'fetchable' : 'missing';
  }

  async locate(file: FileRef, { signal, onProgress }: LocateOptions = {}): Promise<LocatedFile> {
    const stop = onProgress && this.#progress.listen(file, onProgress);
    try {
      return await this.#underWay.join(file.sha256, signal, (own) => {
        const track = this.#progress.track(file);
        if (this.presence(file) !== 'here') track.begin();
        return this.#obtain(file, own, track).finally(() => track.end());
      });
    } finally {
      stop?.();
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
      } else await this.#disk()?.drop(file, isSound, own);
    });
    return this.locate(file, { signal });
  }

  /** Bytes that files take here. */
  usedBytes(): number {
    return this.#memory.usedBytes() + (this.#disk()?.usedBytes() ?? 0);
  }

  /** Throws away what no catalog names and nobody has used for a month. @returns how many files */
  async collect(): Promise<number> {
    return (
      (await this.#disk()
        ?.collect()
        .catch(() => 0)) ?? 0
    );
  }

  close(): void {
    const reason = new Error('the runtime was closed');
    this.#underWay.close(reason);
    this.#renewals.close(reason);
    this.#disk()?.close();
  }

  #disk(): StoredContents | undefined {
    const { disk } = this.#options;
    return StorageError.isInstance(disk) ? undefined : disk;
  }

  async #obtain(file: FileRef, signal: AbortSignal, track?: Track): Promise<LocatedFile> {
    const { sha256, bytes } = file;
    const fill = this.#fill(file, signal, track);
    const location =
      this.#memory.find(file) ?? (await this.#toDisk(file, fill, signal)) ?? (await this.#memory.bring(file, fill));
    return { location, bytes, sha256 };
  }

  /** @returns undefined where it cannot be stored */
  async #toDisk(file: FileRef, fill: Fill, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { disk } = this.#options;
      if (StorageError.isInstance(disk)) throw disk;
      return (await disk.find(file)) ?? (await disk.bring(file, fill, signal));
    } catch (error) {
      if (!StorageError.isInstance(error)) throw error;
      if (this.#options.addresses.has(file.sha256)) this.#warn(file, error);
      return undefined;
    }
  }

  /** @throws ArtifactMissingError */
  #fill(file: FileRef, signal: AbortSignal, track: Track | undefined): Fill {
    const { open, clock, random, addresses } = this.#options;
    return async (part) => {
      // An index that was lost does not know what is on the disk.
      if (part.bytes === file.bytes) return;
      const { url } = addresses.get(file.sha256) ?? {};
      if (url === undefined) throw missing(file);
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

/** Whether a located file turned out to be damaged or gone. */
export const isUnreadable = (error: unknown): boolean =>
  ArtifactCorruptError.isInstance(error) || ArtifactMissingError.isInstance(error);

const missing = ({ path }: FileRef): ArtifactMissingError =>
  new ArtifactMissingError({
    message: `${path} is not here, and no catalog says where it can be fetched.`,
    hint: 'Name it in the catalog, and put it beside that.',
    facts: { file: path },
  });
