import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StorageError, type Catalog } from '@terrace/core';
import { z } from 'zod';
import { mergeCatalogs } from '../catalog/merge-catalogs.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { retireCalibrations } from '../catalog/retire-calibrations.js';
import { takeLock } from '../content/lock-file.js';
import { thisHost } from '../content/store-host.js';
import { unwritable, writeAtomically } from '../files/atomic-file.js';
import { readJson } from '../files/read-json.js';
import { syncFolder } from '../files/sync-folder.js';
import { Swaps } from './install-folder.js';
import { COMMIT, INCOMING, unfinished } from './unfinished.js';

const placesSchema = z
  .array(z.string().refine((place) => place.split(/[\\/]/).every((part) => !['', '.', '..'].includes(part))))
  .max(100_000);

const changeSchema = z.strictObject({
  /** Folders and files to be put in place, relative to the overlay and to the staged folder alike. */
  places: placesSchema,
  /** Those to be taken away, relative to the overlay; none of them is a place. */
  away: placesSchema.default([]),
});

type Change = z.infer<typeof changeSchema>;

/** What stands in the overlay after a change. */
export interface Swapped {
  readonly catalog: Catalog;
  readonly notes: readonly string[];
}

/**
 * Installs everything that is staged, and takes away what is to go, in one step: a process that ends in the middle leaves a list of what was to be
 * moved, and whoever opens the overlay next finishes it. An error puts everything back.
 * @param staging a folder of `withStaging`; what is to be installed lies in `new` below it
 * @param below the catalog the overlay stands over
 * @throws StorageError, InvalidCatalogError, ArtifactMissingError, DeltaMismatchError, and the signal's reason while it
 *   waits for another process to finish
 */
export async function swapTogether({
  overlay,
  below,
  staging,
  places = [],
  away = [],
  signal,
}: {
  overlay: string;
  below: Catalog;
  staging: string;
  places?: readonly string[];
  away?: readonly string[];
  signal: AbortSignal;
}): Promise<Swapped> {
  const lock = await lockOverlay(overlay, signal);
  try {
    const change: Change = { places: [...places], away: [...away] };
    await writeAtomically(join(staging, COMMIT), JSON.stringify(change));
    if (!(await lock.isMine())) {
      await forget(staging);
      throw takenOver(overlay);
    }
    return await move({ overlay, below, staging, change });
  } finally {
    await lock.release();
  }
}

/**
 * Finishes what a process that ended in the middle had begun; waits for one that is at it.
 * @param below read only when there is something to finish
 * @returns what was done, in words
 * @throws StorageError when the overlay cannot be written, and what a rebuild of its catalog throws
 */
export async function finishInterrupted(
  overlay: string,
  below: () => Promise<Catalog>,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if (unfinished(overlay).length === 0) return [];
  const lock = await lockOverlay(overlay, signal);
  try {
    const notes: string[] = [];
    for (const staging of unfinished(overlay)) {
      if (!(await lock.isMine())) throw takenOver(overlay);
      const { data: change } = changeSchema.safeParse(await readJson(join(staging, COMMIT)).catch(() => undefined));
      if (!change) {
        notes.push(await setAside(staging, overlay));
        continue;
      }
      const { notes: more } = await move({ overlay, below: await below(), staging, change });
      await rm(staging, { recursive: true, force: true });
      notes.push('an installation that was interrupted was finished', ...more);
    }
    return notes;
  } finally {
    await lock.release();
  }
}

/** The list goes first: without it nothing is finished that was put back or is done. */
async function move({
  overlay,
  below,
  staging,
  change: { places, away },
}: {
  overlay: string;
  below: Catalog;
  staging: string;
  change: Change;
}): Promise<Swapped> {
  const swaps = new Swaps(join(staging, `old-${process.pid}-${Date.now()}`));
  try {
    for (const place of away) await swaps.away(join(overlay, place));
    for (const place of places) {
      const from = join(staging, 'new', place);
      // One that was moved before the interruption is no longer here.
      if (existsSync(from)) await swaps.put(from, join(overlay, place));
    }
    const { notes, built } = await retireCalibrations({ overlay, below, swaps });
    const { catalog, warnings } = await rebuildCatalog(overlay, below.models, built);
    await forget(staging);
    return { catalog: mergeCatalogs(below, catalog), notes: [...new Set([...notes, ...warnings])] };
  } catch (error) {
    await swaps.back();
    await forget(staging);
    throw error;
  }
}

async function forget(staging: string): Promise<void> {
  const path = join(staging, COMMIT);
  await rm(path, { force: true }).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  await syncFolder(path);
}

/** Nobody can say what was to be moved; what is there may be the only copy of it, so it stays. @returns what was done */
async function setAside(staging: string, overlay: string): Promise<string> {
  const aside = join(overlay, `.interrupted-${basename(staging)}`);
  await rename(staging, aside).catch((cause: unknown) => {
    throw unwritable(aside, cause);
  });
  return `an interrupted installation cannot be finished, its ${COMMIT} is damaged: it is kept in ${aside}; \`terrace doctor\` says what is missing`;
}

const takenOver = (overlay: string): StorageError =>
  new StorageError({
    message: `${overlay} was taken over by another process.`,
    hint: 'Run the command again.',
    facts: { folder: overlay },
  });

const lockOverlay = async (overlay: string, signal: AbortSignal | undefined) =>
  takeLock(join(overlay, INCOMING, 'overlay.lock'), await thisHost(), signal);
