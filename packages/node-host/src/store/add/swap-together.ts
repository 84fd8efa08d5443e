import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '@terrace/core';
import { z } from 'zod';
import { mergeCatalogs } from '../catalog/merge-catalogs.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { retireCalibrations } from '../catalog/retire-calibrations.js';
import { takeLock } from '../content/lock-file.js';
import { thisHost } from '../content/store-host.js';
import { unwritable, writeAtomically } from '../files/atomic-file.js';
import { readJson } from '../files/read-json.js';
import { Swaps } from './install-folder.js';
import { INCOMING, syncFolder } from './staging.js';
import { COMMIT, unfinished } from './unfinished.js';

const commitSchema = z.strictObject({
  /** Folders and files, relative to the overlay and to the staged folder alike. */
  places: z
    .array(z.string().refine((place) => place.split(/[\\/]/).every((part) => part !== '..' && part !== '')))
    .max(100_000),
});

/** What stands in the overlay after a change. */
export interface Swapped {
  readonly catalog: Catalog;
  readonly notes: readonly string[];
}

/**
 * Installs everything that is staged in one step: a process that ends in the middle leaves a list of what was to be
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
  places,
  signal,
}: {
  overlay: string;
  below: Catalog;
  staging: string;
  places: readonly string[];
  signal: AbortSignal;
}): Promise<Swapped> {
  const lock = await lockOverlay(overlay, signal);
  try {
    await writeAtomically(join(staging, COMMIT), JSON.stringify({ places }));
    await syncFolder(join(staging, COMMIT));
    return await move({ overlay, below, staging, places });
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
export async function finishInterrupted(overlay: string, below: () => Promise<Catalog>): Promise<readonly string[]> {
  if (unfinished(overlay).length === 0) return [];
  const lock = await lockOverlay(overlay, undefined);
  try {
    const notes: string[] = [];
    for (const staging of unfinished(overlay)) {
      const commit = commitSchema.safeParse(await readJson(join(staging, COMMIT)));
      const places = commit.success ? commit.data.places : [];
      const { notes: more } = await move({ overlay, below: await below(), staging, places });
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
  places,
}: {
  overlay: string;
  below: Catalog;
  staging: string;
  places: readonly string[];
}): Promise<Swapped> {
  const swaps = new Swaps(join(staging, `old-${process.pid}-${Date.now()}`));
  const done = (): Promise<void> =>
    rm(join(staging, COMMIT), { force: true }).catch((cause: unknown) => {
      throw unwritable(join(staging, COMMIT), cause);
    });
  try {
    for (const place of places) {
      const from = join(staging, 'new', place);
      // One that was moved before the interruption is no longer here.
      if (existsSync(from)) await swaps.put(from, join(overlay, place));
    }
    const notes = await retireCalibrations({ overlay, below, swaps });
    const { catalog, warnings } = await rebuildCatalog(overlay, below.models);
    await done();
    return { catalog: mergeCatalogs(below, catalog), notes: [...new Set([...notes, ...warnings])] };
  } catch (error) {
    await swaps.back();
    await done();
    throw error;
  }
}

const lockOverlay = async (overlay: string, signal: AbortSignal | undefined) =>
  takeLock(join(overlay, INCOMING, 'overlay.lock'), await thisHost(), signal);
