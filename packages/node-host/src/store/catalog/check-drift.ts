import type { Catalog, Model } from '@terrace/core';
import { buildCatalog } from './build-catalog.js';
import { contentId } from '../files/content-id.js';
import type { ModelFolder } from './model-folders.js';

/** A catalog.json that is not what the manifests beside it make. */
export interface Drift {
  readonly folder: string;
  /** The revision that catalog.json claims. */
  readonly recorded: string;
  /** What the manifests make; undefined when they make nothing. */
  readonly rebuilt: string | undefined;
  readonly message: string;
}

/** @returns undefined when catalog and manifests agree */
export async function checkDrift({ path, catalog }: ModelFolder, bases: readonly Model[]): Promise<Drift | undefined> {
  const recorded = catalog.revision;
  try {
    const { catalog: rebuilt } = await buildCatalog(path, bases);
    // The claim counts and the content counts: a catalog edited by hand still carries its old revision.
    if (rebuilt.revision === revisionOf(catalog) && rebuilt.revision === recorded) return undefined;
    return { folder: path, recorded, rebuilt: rebuilt.revision, message: describe(catalog, rebuilt) };
  } catch (error) {
    const message = `its manifests make no catalog: ${error instanceof Error ? error.message : String(error)}`;
    return { folder: path, recorded, rebuilt: undefined, message };
  }
}

function revisionOf(catalog: Catalog): string {
  const { revision: _, ...content } = catalog;
  return contentId(content);
}

function describe(recorded: Catalog, rebuilt: Catalog): string {
  const changes = (['models', 'deltas', 'domains', 'ladders', 'endpoints'] as const).flatMap((kind) =>
    compare(kind, recorded[kind] ?? [], rebuilt[kind] ?? []),
  );
  return `catalog.json is not what its manifests make (${changes.join(', ') || 'its revision is wrong'})`;
}

function compare(kind: string, recorded: readonly { id: string }[], rebuilt: readonly { id: string }[]): string[] {
  const ids = [...new Set([...recorded, ...rebuilt].map(({ id }) => id))];
  const content = (entries: readonly { id: string }[], id: string): string =>
    contentId(entries.find((each) => each.id === id) ?? null);
  return ids.filter((id) => content(recorded, id) !== content(rebuilt, id)).map((id) => `${kind}: ${id}`);
}
