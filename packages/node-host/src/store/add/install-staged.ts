import { join } from 'node:path';
import { InvalidCatalogError, type Catalog } from '@terrace/core';
import { buildCatalog } from '../catalog/build-catalog.js';
import { requireFit } from '../catalog/delta-fit.js';
import { openModelFolders, type ModelFolder } from '../catalog/model-folders.js';
import { requireOwnNames, requireSound } from '../catalog/sound-catalog.js';
import { withStaging, type Staged } from './staging.js';
import { swapTogether } from './swap-together.js';

export interface Installed {
  readonly staged: readonly Staged[];
  /** What was put in place, as a catalog of its own. */
  readonly added: Catalog;
  /** Whose entries of these ids or places are taken over; equal content counts too. */
  readonly replaces: 'shipped' | 'added' | undefined;
  /** Domains that lost their calibration by it. */
  readonly uncalibrated: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Puts models and deltas into the overlay, all of them or none: they are laid out aside, checked as a catalog of their
 * own, moved in place, and named in the overlay's catalog. When any step fails the overlay is what it was.
 * @param stage lays them out under the folder it is given
 * @throws InvalidRequestError, InvalidCatalogError, ArtifactMissingError, ArtifactCorruptError, DeltaMismatchError,
 *   StorageError
 */
export async function installStaged({
  overlay,
  shipped,
  signal,
  stage,
  admit,
}: {
  overlay: string;
  shipped: string;
  signal: AbortSignal;
  stage: (root: string) => Promise<readonly Staged[]>;
  /** Asked about what was laid out, last before it is installed: licences, signatures. What it throws ends the way in. */
  admit?: ((folder: ModelFolder) => Promise<void>) | undefined;
}): Promise<Installed> {
  const before = await openModelFolders({ shipped, added: overlay });
  const [below, above] = before.folders.map(({ catalog }) => catalog) as [Catalog, Catalog | undefined];
  return withStaging(overlay, async (staging) => {
    const root = join(staging, 'new');
    const staged = await stage(root);
    const { catalog: added } = await buildCatalog(root, before.current().models);
    requireSound(added);
    requireNoStowaway(staged, added);
    requireOwnNames(
      [...(before.current().endpoints ?? []), ...(added.endpoints ?? [])],
      [...before.current().models, ...added.models],
    );
    for (const delta of added.deltas) await requireFit(root, delta, [...added.models, ...before.current().models]);
    await admit?.({ path: root, catalog: added });
    signal.throwIfAborted();
    const places = staged.map(({ place }) => place);
    const { catalog: after, notes } = await swapTogether({ overlay, below, staging, places, signal });
    return {
      staged,
      added,
      replaces: above && holds(above, added) ? 'added' : holds(below, added) ? 'shipped' : undefined,
      uncalibrated: lostCalibrations(before.current(), after),
      notes: [...new Set([...staged.flatMap((each) => each.notes), ...notes])],
    };
  });
}

/** Where texts go is said on this device alone: whatever else is installed brings no endpoint. @throws InvalidCatalogError */
function requireNoStowaway(staged: readonly Staged[], { endpoints = [] }: Catalog): void {
  const stowaway = endpoints.find(({ id }) => !staged.some((each) => each.kind === 'endpoint' && each.id === id));
  if (!stowaway) return;
  throw new InvalidCatalogError({
    message: `What is to be installed brings an endpoint, "${stowaway.id}", and endpoints are not installed.`,
    hint: 'Add it by its address: `terrace tiers add URL`.',
    facts: { endpoint: stowaway.id },
  });
}

function holds(catalog: Catalog, { models, deltas }: Catalog): boolean {
  const model = models.some(({ id }) => catalog.models.some((each) => each.id === id));
  const delta = deltas.some(({ id, domain, base }) =>
    catalog.deltas.some((each) => each.id === id || (each.domain === domain && each.base.id === base.id)),
  );
  return model || delta;
}

const lostCalibrations = (before: Catalog, after: Catalog): string[] =>
  before.domains
    .filter(({ id, calibration }) => calibration && !after.domains.find((each) => each.id === id)?.calibration)
    .map(({ id }) => id);
