import type { Clock, FileRef } from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import { NO_IMPORTS, readImports } from '../bundles/imports.js';
import { revisionFiles } from '../revisions/revision-files.js';
import type { Addresses } from './addresses.js';
import { fillPart, type Fill } from './fill-part.js';
import type { KeptContents } from './kept-contents.js';
import { isFull } from './storage-failure.js';
import { requireRoom } from './storage-state.js';
import { WritableFiles } from './writable-files.js';

/** What nobody has used for so long, and no catalog in use names, is thrown away. */
const UNUSED_MS = 30 * 24 * 3_600_000;

/** How a file is brought. */
export interface Bringing {
  readonly fill: Fill;
  readonly signal: AbortSignal;
  /** What may make room for it, where nobody uses it. */
  readonly evictable: 'any' | 'unnamed';
}

/** Brings files to the disk and throws them away: one tab brings a file, and nobody evicts what another uses. */
export class StoredContents {
  readonly #kept: KeptContents;
  readonly #files: WritableFiles;
  readonly #clock: Clock;
  readonly #addresses: Addresses;
  readonly #records: UseStore;

  constructor({
    kept,
    clock,
    addresses,
    records,
  }: {
    readonly kept: KeptContents;
    readonly clock: Clock;
    readonly addresses: Addresses;
    readonly records: UseStore;
  }) {
    this.#kept = kept;
    this.#files = new WritableFiles(kept.files);
    this.#clock = clock;
    this.#addresses = addresses;
    this.#records = records;
  }

  /**
   * Brings a file, or waits for the tab that does. A part of an earlier try is gone on with.
   * @returns where it is
   * @throws StorageError, and then nothing is left of it; ArtifactCorruptError, what `fill` throws, the signal's reason
   */
  async bring(file: FileRef, bringing: Bringing): Promise<string> {
    return this.#kept.locks.bring(file.sha256, bringing.signal, async () => {
      await this.#kept.index.refresh(file.sha256);
      if (!(await this.#has(file))) await this.#fill(file, bringing);
      // Known before it is told: a tab may be closed at any time, and the next one should ask no server.
      await this.#kept.index.set(file.sha256, this.#kept.complete(file));
      return this.#kept.files.location(file.sha256);
    });
  }

  /**
   * Writes a file that does not count as here before a record says so, over whatever there is of it.
   * @throws StorageError, what `fill` throws, the signal's reason
   */
  async stage(file: FileRef, bringing: Bringing): Promise<void> {
    await this.#kept.locks.bring(file.sha256, bringing.signal, () => this.#fill(file, bringing));
  }

  /** Throws a file away that was staged, unless it has come another way meanwhile. */
  async unstage({ sha256 }: FileRef): Promise<void> {
    await this.#kept.index.refresh(sha256);
    if (this.#kept.index.get(sha256)?.isComplete !== true) await this.#remove(sha256);
  }

  /** Evicts what no catalog names until so much more can be stored. @throws StorageError when that is not enough */
  async makeRoom(bytes: number): Promise<void> {
    for (;;) {
      try {
        return await requireRoom(bytes);
      } catch (error) {
        if (!(await this.#evictOne('unnamed'))) throw error;
      }
    }
  }

  /** Throws a file away that cannot be read or has other bytes, unless `isSound` says that it was brought anew. */
  async drop({ sha256 }: FileRef, isSound: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    await this.#kept.locks.bring(sha256, signal, async () => {
      if (!(await isSound())) await this.#remove(sha256);
    });
  }

  /** Throws away what no catalog names and nobody has used for a month. @returns how many files */
  async collect(): Promise<number> {
    await this.#knowImports();
    const now = this.#clock.wallMs();
    let collected = 0;
    for (const sha256 of await this.#files.names()) {
      if (this.#isNamed(sha256)) continue;
      await this.#kept.index.refresh(sha256);
      const record = this.#kept.index.get(sha256);
      // Since when nobody has used what the index has lost, nobody knows: its month begins now.
      if (!record)
        await this.#kept.index.set(sha256, { bytes: 0, isComplete: false, lastUsedWallMs: now, origin: undefined });
      else if (now - record.lastUsedWallMs > UNUSED_MS) {
        if (await this.#kept.locks.ifUnused(sha256, () => this.#remove(sha256))) collected++;
      }
    }
    return collected;
  }

  /** A file that was cut off, or that the browser has evicted, does not count as here. */
  async #has(file: FileRef): Promise<boolean> {
    if (!this.#kept.mayHave(file)) return false;
    const bytes = await this.#kept.files.bytesOf(file.sha256);
    if (bytes === file.bytes) return true;
    await this.#remove(file.sha256);
    return false;
  }

  async #fill(file: FileRef, { fill, evictable }: Bringing): Promise<void> {
    const { sha256, bytes } = file;
    const drop = async (): Promise<void> => void (await this.#remove(sha256));
    const open = () =>
      this.#files.openPart(sha256, {
        wholeBytes: bytes,
        origin: this.#kept.index.get(sha256)?.origin,
        onOrigin: (origin) =>
          void this.#kept.index.set(sha256, { bytes, isComplete: false, lastUsedWallMs: this.#clock.wallMs(), origin }),
      });
    try {
      await this.#withRoom(file, evictable, async () => void (await fillPart(file, { open, drop, fill })));
    } catch (error) {
      // What holds nothing, and what there is no room for, is no part to go on with.
      if (isFull(error) || (await this.#kept.files.bytesOf(sha256)) === 0) await drop();
      throw error;
    }
  }

  /** Evicts others when there is no room, until there is nothing left to evict. @throws StorageError */
  async #withRoom(
    { sha256, bytes }: FileRef,
    evictable: Bringing['evictable'],
    work: () => Promise<void>,
  ): Promise<void> {
    for (;;) {
      try {
        await requireRoom(bytes - ((await this.#kept.files.bytesOf(sha256)) ?? 0));
        return await work();
      } catch (error) {
        if (!isFull(error) || !(await this.#evictOne(evictable))) throw error;
      }
    }
  }

  /**
   * What no catalog names goes first, then what was used longest ago, by this tab or another; what the index has lost
   * counts as never used.
   * @returns false when everything is in use, or stays whatever is done
   */
  async #evictOne(evictable: Bringing['evictable']): Promise<boolean> {
    const { index, locks } = this.#kept;
    await this.#knowImports();
    const names = (await this.#files.names()).filter((sha256) =>
      evictable === 'any' ? !this.#isOnlyHere(sha256) : !this.#isNamed(sha256),
    );
    await Promise.all(names.map((sha256) => index.refresh(sha256)));
    const rank = (sha256: string): number =>
      (index.get(sha256)?.lastUsedWallMs ?? 0) + (this.#isNamed(sha256) ? Number.MAX_SAFE_INTEGER / 2 : 0);
    for (const sha256 of names.toSorted((a, b) => rank(a) - rank(b))) {
      if (await locks.ifUnused(sha256, () => this.#remove(sha256))) return true;
    }
    return false;
  }

  /** Whether a catalog in use names it, or a bundle brought it beside one: it is evicted last, and never collected. */
  #isNamed(sha256: string): boolean {
    return this.#addresses.has(sha256) || this.#addresses.imported.has(sha256);
  }

  /** What no server could bring again is never evicted. */
  #isOnlyHere(sha256: string): boolean {
    return this.#addresses.imported.has(sha256) && !this.#addresses.has(sha256);
  }

  /**
   * A tab with other options may have imported a bundle or fitted a delta meanwhile: what is only here is not thrown away
   * by this one, nor what a ladder may be rolled back to.
   */
  async #knowImports(): Promise<void> {
    const { bundles } = await readImports(this.#records).catch(() => NO_IMPORTS);
    const files = bundles.flatMap((each) => each.files.map(({ sha256 }) => sha256));
    for (const sha256 of [...files, ...(await revisionFiles(this.#records))]) this.#addresses.imported.add(sha256);
  }

  async #remove(sha256: string): Promise<boolean> {
    const isGone = await this.#files.remove(sha256);
    await this.#kept.index.delete(sha256);
    return isGone;
  }
}
