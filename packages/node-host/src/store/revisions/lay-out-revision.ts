import { dirname, join } from 'node:path';
import {
  ArtifactCorruptError,
  calibrationPath,
  calibrationSchema,
  deltaFolder,
  InvalidCatalogError,
  parseFile,
  type Calibration,
  type Catalog,
  type Delta,
  type Model,
} from '@terrace/core';
import type { PackedDelta } from '@terrace/core/deltas';
import { makeFolder, writeNew } from '../add/staging.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import { requireFit } from '../catalog/delta-fit.js';
import { requireSound } from '../catalog/sound-catalog.js';
import { linkFile, linkTree } from './link-tree.js';

/** What a domain is to consist of. */
export interface DomainContent {
  readonly domain: string;
  /** Deltas of the overlay that stay. */
  readonly carried: readonly Delta[];
  readonly fresh: readonly PackedDelta[];
  /** A new one, or where the one that stays lies. */
  readonly calibration: Calibration | { readonly file: string } | undefined;
}

/** A name that stays in its folder. */
const PLAIN = /^(?!\.)[A-Za-z0-9._-]+$/;

/**
 * Lays out a domain as the overlay will have it, and checks it.
 * @param root an empty folder
 * @param overlay where the deltas lie that stay
 * @param models those that deltas may belong to
 * @returns a catalog of it alone
 * @throws DeltaMismatchError, ArtifactCorruptError, ArtifactMissingError, InvalidCatalogError, StorageError
 */
export async function layOutRevision(
  { domain, carried, fresh, calibration }: DomainContent,
  { root, overlay, models }: { root: string; overlay: string; models: readonly Model[] },
): Promise<Catalog> {
  await makeFolder(root);
  for (const delta of carried) {
    await linkTree(join(overlay, dirname(delta.head.path)), join(root, deltaFolder(delta)));
  }
  for (const delta of fresh) await write(delta, { root, domain });
  if (calibration) await writeCalibration(calibration, join(root, calibrationPath(domain)));
  const { catalog } = await buildCatalog(root, models);
  requireSound(catalog);
  for (const { manifest, contentId } of fresh) {
    const delta = catalog.deltas.find(({ base }) => base.id === manifest.base.id);
    if (delta?.contentId !== contentId) throw changed(manifest.id);
    await requireFit(root, delta, models);
  }
  return catalog;
}

async function write(
  { manifest, files }: PackedDelta,
  { root, domain }: { root: string; domain: string },
): Promise<void> {
  const wrong = [...files.keys()].find((name) => !PLAIN.test(name));
  if (manifest.domain !== domain || wrong !== undefined) {
    throw new InvalidCatalogError({
      message:
        wrong === undefined
          ? `The delta "${manifest.id}" is one of "${manifest.domain}", not of "${domain}".`
          : `The delta "${manifest.id}" brings a file with the name "${wrong.slice(0, 80)}".`,
      hint: 'Get the delta again from where it was made.',
      facts: { delta: manifest.id, domain: manifest.domain },
    });
  }
  const folder = join(root, deltaFolder(manifest));
  await makeFolder(folder);
  for (const [name, bytes] of files) await writeNew(join(folder, name), bytes);
}

async function writeCalibration(calibration: NonNullable<DomainContent['calibration']>, path: string): Promise<void> {
  await makeFolder(dirname(path));
  if ('file' in calibration) return linkFile(calibration.file, path);
  // What a later start would refuse never comes that far.
  const content = parseFile(calibrationSchema, calibration, 'calibration').value;
  await writeNew(path, `${JSON.stringify(content, null, 1)}\n`);
}

const changed = (id: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `The delta "${id}" is not what it was when it was packed.`,
    hint: 'Run the command again; if it happens again, check the disk (`terrace doctor`).',
    facts: { delta: id },
  });
