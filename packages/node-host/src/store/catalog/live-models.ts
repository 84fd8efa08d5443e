import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { requireDomain, type FileRef } from '@terrace/core';
import { unfinished } from '../add/unfinished.js';
import { holdCatalog } from '../content/hold-catalog.js';
import type { Hold } from '../content/in-use.js';
import { createRevisionFiles } from '../revisions/revision-files.js';
import { revisionsIn } from '../revisions/revision-folder.js';
import { openModelFolders, readCalibration, type ModelFolders, type ModelFoldersOptions } from './model-folders.js';

/** Model folders that follow what is installed while a process runs. */
export interface LiveModels extends ModelFolders {
  /**
   * Looks now whether a catalog has changed. What cannot be opened changes nothing.
   * @returns whether there is a new one
   */
  refresh(): Promise<boolean>;
  close(): Promise<void>;
}

export interface LiveModelsOptions extends ModelFoldersOptions {
  /** Told once of a catalog that cannot be opened; the one before it stays. */
  readonly onFailure: (error: unknown) => void;
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 1000;

/**
 * Opens the folders, and opens them again soon after a catalog in them was replaced. Files of kept revisions are found
 * as well: a request that began before a change still finds what it began with.
 * @throws like `openModelFolders`
 */
export async function openLiveModels({
  onFailure,
  lookEveryMs = LOOK_EVERY_MS,
  ...options
}: LiveModelsOptions): Promise<LiveModels> {
  const { shipped, added, fetcher, calibrationFile } = options;
  const kept = createRevisionFiles(revisionsIn(dirname(added)));
  const open = (): Promise<ModelFolders> => openModelFolders({ ...options, elsewhere: kept.find });
  const hold = async (models: ModelFolders): Promise<Hold | undefined> =>
    fetcher && holdCatalog(models.current(), fetcher.store);
  const signOf = async (): Promise<string> => (await Promise.all([shipped, added].map(signOfCatalog))).join();

  /** While an installation is moved in place, files are no longer, or not yet, what a catalog says. */
  const isMoving = (): boolean => unfinished(added).length > 0;

  let seen = await signOf();
  let newest = await open();
  let held = await hold(newest);
  let failed = false;
  let looking: Promise<boolean> | undefined;

  const look = async (): Promise<boolean> => {
    const sign = await signOf();
    // What a process that was killed had begun is finished by opening.
    if (sign === seen && !failed && !isMoving()) return false;
    const isTold = sign === seen && failed;
    seen = sign;
    try {
      const next = await open();
      seen = await signOf();
      failed = false;
      // The same catalog stays the same object: plans are kept by it.
      if (next.current().revision === newest.current().revision) return false;
      const before = held;
      held = await hold(next);
      newest = next;
      await before?.release();
      return true;
    } catch (error) {
      failed = true;
      if (!isTold) onFailure(error);
      return false;
    }
  };
  // A change that comes while a look is under way is seen by the next one.
  const refresh = async (): Promise<boolean> => {
    await looking;
    return (looking ??= look().finally(() => (looking = undefined)));
  };
  const timer = setInterval(() => void (looking ??= look().finally(() => (looking = undefined))), lookEveryMs);
  timer.unref();

  const locate: ModelFolders['locate'] = async (file, locating) => {
    locating?.signal?.throwIfAborted();
    const location = isMoving() ? kept.find(file) : void (await refresh());
    return location === undefined ? newest.locate(file, locating) : { ...file, location };
  };
  const pathOf = async (file: FileRef): Promise<string> => (await locate(file)).location;

  return {
    get folders() {
      return newest.folders;
    },
    get warnings() {
      return newest.warnings;
    },
    current: () => newest.current(),
    presence: (file) => newest.presence(file),
    locate,
    async calibration(id, of) {
      const [asked, now] = [of && requireDomain(of, id), newest.current().domains.find((domain) => domain.id === id)];
      const isReplaced = asked !== undefined && asked.calibration?.sha256 !== now?.calibration?.sha256;
      return isReplaced ? readCalibration(asked, pathOf, calibrationFile) : newest.calibration(id);
    },
    golden: (file) => newest.golden(file),
    folderOf: (id) => newest.folderOf(id),
    refresh,
    async close() {
      clearInterval(timer);
      await looking;
      await held?.release();
    },
  };
}

/** Changes whenever a catalog is replaced; it is only ever replaced as a whole. */
async function signOfCatalog(folder: string): Promise<string> {
  const found = await stat(join(folder, 'catalog.json'), { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'gone';
}
