import { join } from 'node:path';
import { calibrationSchema, parseFile, type Calibration, type Catalog, type FileRef } from '@terrace/core';
import { buildCatalog, type BuiltCatalog } from './build-catalog.js';
import { calibrationState } from './calibration-state.js';
import type { Swaps } from '../add/install-folder.js';
import { mergeCatalogs } from './merge-catalogs.js';
import { readJson } from '../files/read-json.js';

/**
 * Sets aside, beside where it was, each calibration of the overlay that was made with a variant or delta that is no
 * longer there: beside it every request of the domain would be refused. It is kept for a way back.
 * @returns what was set aside, in words, and the catalog of the overlay where nothing was
 * @throws InvalidCatalogError, ArtifactMissingError, DeltaMismatchError, StorageError
 */
export async function retireCalibrations({
  overlay,
  below,
  swaps,
}: {
  overlay: string;
  below: Catalog;
  swaps: Swaps;
}): Promise<{ readonly notes: readonly string[]; readonly built: BuiltCatalog | undefined }> {
  const built = await buildCatalog(overlay, below.models);
  const { catalog } = built;
  const merged = mergeCatalogs(below, catalog);
  const notes: string[] = [];
  for (const { id, calibration } of catalog.domains) {
    if (!calibration || (await fits(overlay, calibration, { merged, domain: id }))) continue;
    const kept = calibration.path.replace(/\.json$/, `.${calibration.sha256.slice(0, 8)}.json`);
    await swaps.away(join(overlay, calibration.path), join(overlay, kept));
    notes.push(`the calibration of ${id} was made with something else; it is kept as ${kept}`);
  }
  return { notes, built: notes.length === 0 ? built : undefined };
}

async function fits(
  overlay: string,
  { path }: FileRef,
  { merged, domain }: { merged: Catalog; domain: string },
): Promise<boolean> {
  const calibration: Calibration | undefined = await readJson(join(overlay, path)).then(
    (json) => parseFile(calibrationSchema, json, 'calibration').value,
    () => undefined,
  );
  return calibration !== undefined && calibrationState(calibration, merged, domain).kind === 'fits';
}
