import type { Clock, FileRef } from '@terrace/core';
import type { ContentLocks } from './content-locks.js';
import { fillPart, type Fill } from './fill-part.js';
import { isFull, storageFailure } from './storage-failure.js';
import { requireRoom } from './storage-state.js';
import type { StoredRecord, StoreIndex } from './store-index.js';
import type { StoredFiles } from './stored-files.js';

/** What nobody has used for so long, and no catalog in use names, is thrown away. */
const UNUSED_MS = 30 * 24 * 3_600_000;

/** Files on the disk, shared by all tabs of the origin: one brings a file, and nobody evicts what another uses. */
export class StoredContents {
  readonly #files: StoredFiles;
  readonly #index: StoreIndex;
  readonly #locks: ContentLocks;
  readonly #clock: Clock;
  readonly #isNamed: (sha256: string) => boolean;

  constructor({
    files,
    index,
    locks,
    clock,
    isNamed,
  }: {
    readonly files: StoredFiles;
    readonly index: StoreIndex;
    readonly locks: ContentLocks;
    readonly clock: Clock;
    /** Whether a catalog in use names a content: such a file is evicted last, and never collected. */
    readonly isNamed: (sha256: string) => boolean;
  }) {
    this.#files = files;
    this.#index = index;
    this.#locks = locks;
    this.#clock = clock;
    this.#isNamed = isNamed;
  }

  /** By the index: reads nothing, and may be wrong. */
  mayHave({ sha256, bytes }: FileRef): boolean {
    const record = this.#index.get(sha256);
    return record?.isComplete === true && record.bytes === bytes;
  }

  /** Keeps a file from being evicted, and says where it is; undefined when it has to be brought. @throws StorageError */
  async find(file: FileRef): Promise<string | undefined> {
    await this.#locks.use(file.sha256).catch((cause: unknown) => {
      throw storageFailure('be used', cause);
    });
    if (!(await this.#has(file))) return undefined;
    void this.#index.set(file.sha256, this.#complete(file));
    return this.#files.location(file.sha256);
  }

  /**
   * Brings a file, or waits for the tab that does. A part of an earlier try is gone on with.
   * @returns where it is
   * @throws StorageError, and then nothing is left of it; ArtifactCorruptError, what `fill` throws, the signal's reason
   */
  async bring(file: FileRef, fill: Fill, signal: AbortSignal): Promise<string> {
    return this.#locks.bring(file.sha256, signal, async () => {
      await this.#index.refresh(file.sha256);
      if (!(await this.#has(file))) await this.#fill(file, fill);
      // Known before it is told: a tab may be closed at any time, and the next one should ask no server.
      await this.#index.set(file.sha256, this.#complete(file));
      return this.#files.location(file.sha256);
    });
  }

  /** Throws a file away that cannot be read or has other bytes, unless `isSound` says that it was brought anew. */
  async drop({ sha256 }: FileRef, isSound: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    await this.#locks.bring(sha256, signal, async () => {
      if (!(await isSound())) await this.#remove(sha256);
    });
  }

  /** Bytes of files that are here, parts as far as the index knows not included. */
  usedBytes(): number {
    let sum = 0;
    for (const { bytes, isComplete } of this.#index.all().values()) if (isComplete) sum += bytes;
    return sum;
  }

  /** Throws away what no catalog names and nobody has used for a month. @returns how many files */
  async collect(): Promise<number> {
    const now = this.#clock.wallMs();
    let collected = 0;
    for (const sha256 of await this.#files.names()) {
      if (this.#isNamed(sha256)) continue;
      await this.#index.refresh(sha256);
      const record = this.#index.get(sha256);
      // Since when nobody has used what the index has lost, nobody knows: its month begins now.
      if (!record)
        await this.#index.set(sha256, { bytes: 0, isComplete: false, lastUsedWallMs: now, origin: undefined });
      else if (now - record.lastUsedWallMs > UNUSED_MS) {
        if (await this.#locks.ifUnused(sha256, () => this.#remove(sha256))) collected++;
      }
    }
    return collected;
  }

  /** Uses nothing any more. */
  close(): void {
    this.#locks.close();
  }

  /** A file that was cut off, or that the browser has evicted, does not count as here. */
  async #has(file: FileRef): Promise<boolean> {
    if (!this.mayHave(file)) return false;
    const bytes = await this.#files.bytesOf(file.sha256);
    if (bytes === file.bytes) return true;
    await this.#remove(file.sha256);
    return false;
  }

  #complete({ bytes }: FileRef): StoredRecord {
    return { bytes, isComplete: true, lastUsedWallMs: this.#clock.wallMs(), origin: undefined };
  }

  async #fill(file: FileRef, fill: Fill): Promise<void> {
    const { sha256, bytes } = file;
    const drop = (): Promise<void> => this.#remove(sha256);
    const open = () =>
      this.#files.openPart(sha256, {
        wholeBytes: bytes,
        origin: this.#index.get(sha256)?.origin,
        onOrigin: (origin) =>
          void this.#index.set(sha256, { bytes, isComplete: false, lastUsedWallMs: this.#clock.wallMs(), origin }),
      });
    try {
      await this.#withRoom(file, async () => void (await fillPart(file, { open, drop, fill })));
    } catch (error) {
      // What holds nothing, and what there is no room for, is no part to go on with.
      if (isFull(error) || (await this.#files.bytesOf(sha256)) === 0) await drop();
      throw error;
    }
  }

  /** Evicts others when there is no room, until there is nothing left to evict. @throws StorageError */
  async #withRoom({ sha256, bytes }: FileRef, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await requireRoom(bytes - ((await this.#files.bytesOf(sha256)) ?? 0));
        return await work();
      } catch (error) {
        if (!isFull(error) || !(await this.#evictOne())) throw error;
      }
    }
  }

  /** What no catalog names goes first, then what was used longest ago. @returns false when everything is in use */
  async #evictOne(): Promise<boolean> {
    const rank = ([sha256, { lastUsedWallMs }]: readonly [string, { lastUsedWallMs: number }]): number =>
      lastUsedWallMs + (this.#isNamed(sha256) ? Number.MAX_SAFE_INTEGER / 2 : 0);
    const oldestFirst = [...this.#index.all()].toSorted((a, b) => rank(a) - rank(b));
    for (const [sha256] of oldestFirst) {
      if (await this.#locks.ifUnused(sha256, () => this.#remove(sha256))) return true;
    }
    return false;
  }

  async #remove(sha256: string): Promise<void> {
    await this.#files.remove(sha256);
    await this.#index.delete(sha256);
  }
}
