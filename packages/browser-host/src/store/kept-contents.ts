import type { Clock, FileRef } from '@terrace/core';
import { ContentLocks } from './content-locks.js';
import { StoreIndex, type StoredRecord } from './store-index.js';
import { StoredFiles } from './stored-files.js';
import type { UseStore } from 'idb-keyval';

/** A use is not written down again so soon: a start uses a handful of files, and others wait for the database. */
const FRESH_MS = 3_600_000;

/** Files that are on the disk, shared by all tabs of the origin: what finds them, and what brings others works on. */
export class KeptContents {
  readonly files: StoredFiles;
  readonly index: StoreIndex;
  readonly locks: ContentLocks;
  readonly #clock: Clock;

  private constructor(files: StoredFiles, index: StoreIndex, locks: ContentLocks, clock: Clock) {
    this.files = files;
    this.index = index;
    this.locks = locks;
    this.#clock = clock;
  }

  /** Rejects where nothing can be kept. @param name of the folder and the locks */
  static async open({
    name,
    records,
    clock,
  }: {
    readonly name: string;
    readonly records: UseStore;
    readonly clock: Clock;
  }): Promise<KeptContents> {
    const [files, index] = await Promise.all([StoredFiles.open(name), StoreIndex.open(records)]);
    return new KeptContents(files, index, new ContentLocks(name), clock);
  }

  /** By the index: reads nothing, and may be wrong. */
  mayHave({ sha256, bytes }: FileRef): boolean {
    const record = this.index.get(sha256);
    return record?.isComplete === true && record.bytes === bytes;
  }

  /**
   * Keeps a file from being evicted, and says where it is; undefined when it has to be brought: one that was cut off,
   * or that the browser has evicted, does not count as here. Rejects where the browser refuses its storage.
   */
  async find(file: FileRef): Promise<string | undefined> {
    const { sha256, bytes } = file;
    await this.locks.use(sha256);
    if (!this.mayHave(file) || (await this.files.bytesOf(sha256)) !== bytes) return undefined;
    const usedMs = this.#clock.wallMs() - (this.index.get(sha256)?.lastUsedWallMs ?? 0);
    if (Math.abs(usedMs) > FRESH_MS) void this.index.set(sha256, this.complete(file));
    return this.files.location(sha256);
  }

  complete({ bytes }: FileRef): StoredRecord {
    return { bytes, isComplete: true, lastUsedWallMs: this.#clock.wallMs(), origin: undefined };
  }

  /** Uses nothing any more. */
  close(): void {
    this.locks.close();
  }
}

/** Where files are kept, or why they cannot be. */
export type Disk =
  | { readonly kept: KeptContents; readonly refusal?: undefined }
  | { readonly kept?: undefined; readonly refusal: unknown };
