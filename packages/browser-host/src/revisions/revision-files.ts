import type { BundleEntry, Calibration } from '@terrace/core';
import { get, setMany, type UseStore } from 'idb-keyval';
import { StagedFiles } from '../bundles/staged-files.js';
import { keepCalibration } from '../store/kept-catalog.js';
import type { Disk } from '../store/kept-contents.js';
import { storageFailure } from '../store/storage-failure.js';
import type { StoredContents } from '../store/stored-contents.js';
import { domainOf, type OwnLadder } from './own-ladder.js';

/** sha256 of every file that a kept ladder revision names. */
const REVISION_FILES = 'files of revisions';

export async function revisionFiles(records: UseStore): Promise<readonly string[]> {
  const kept = await get<unknown>(REVISION_FILES, records).catch(() => undefined);
  return Array.isArray(kept) ? (kept as string[]) : [];
}

/** A file that was made here. */
export interface MadeFile extends BundleEntry {
  readonly content: Uint8Array<ArrayBuffer>;
}

/** A ladder revision that is to be kept. */
export interface LadderKeeping {
  readonly ladder: OwnLadder;
  /** What of it is new. */
  readonly made: readonly MadeFile[];
  readonly calibration: Calibration | undefined;
}

/**
 * Puts what was made on this device into the store. All of it counts as here from one write on, and nothing that the
 * ladder names is thrown away any more.
 * @throws StorageError, and then nothing of it is left
 */
export async function keepFiles(
  {
    disk: { kept, refusal },
    stored,
    records,
  }: { readonly disk: Disk; readonly stored: StoredContents | undefined; readonly records: UseStore },
  { ladder, made, calibration }: LadderKeeping,
): Promise<void> {
  if (!kept || !stored) throw storageFailure('keep a delta', refusal);
  const { signal } = new AbortController();
  // One after the other, and after bundles, in whichever tab.
  await kept.locks.bring('bundle', signal, async () => {
    const staged = new StagedFiles({ kept, stored });
    try {
      await staged.requireRoom(made);
      for (const { content, ...file } of made) {
        await staged.take(file, ({ write }) => write(content), { signal, onBytes: () => undefined });
      }
      const named = new Set([...(await revisionFiles(records)), ...ladder.files.map(({ sha256 }) => sha256)]);
      await setMany([...staged.entries(), [REVISION_FILES, [...named]]], records);
      await staged.settle();
    } catch (error) {
      await staged.drop();
      throw storageFailure('keep a delta', error);
    }
  });
  const file = domainOf(ladder).calibration;
  if (file && calibration) await keepCalibration(records, file.sha256, calibration);
}
