import { dirname } from 'node:path';
import { InvalidRequestError, type Catalog, type Delta } from '@terrace/core';
import { openModelFolders } from '../catalog/model-folders.js';
import { withStaging } from './staging.js';
import { swapTogether } from './swap-together.js';

export interface RemovedModels {
  readonly models: readonly string[];
  readonly deltas: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Takes a model, a delta or a domain out of the overlay; what ships comes to light again where it was covered.
 * Weights in the content store stay until they are collected.
 * @throws InvalidRequestError when nothing in the overlay has the id, or deltas still need the model; what `swapTogether` throws
 */
export async function removeModel({
  id,
  overlay,
  shipped,
  withDeltas,
  signal,
}: {
  id: string;
  overlay: string;
  shipped: string;
  /** Takes those that need it as well. */
  withDeltas: boolean;
  signal: AbortSignal;
}): Promise<RemovedModels> {
  const { folders } = await openModelFolders({ shipped, added: overlay });
  const [below, above] = folders.map(({ catalog }) => catalog) as [Catalog, Catalog | undefined];
  const { places, ...what } = choose(id, { below, above, withDeltas });
  const { notes } = await withStaging(overlay, (staging) =>
    swapTogether({ overlay, below, staging, away: places, signal }),
  );
  return { ...what, notes };
}

/** Pure. @throws InvalidRequestError */
function choose(
  id: string,
  { below, above, withDeltas }: { below: Catalog; above: Catalog | undefined; withDeltas: boolean },
): { places: string[]; models: string[]; deltas: string[] } {
  const deltaPlaces = (deltas: readonly Delta[]): string[] => deltas.map(({ head }) => dirname(head.path));
  const model = above?.models.find((each) => each.id === id);
  if (above && model) {
    const covered = below.models.find((each) => each.id === id);
    const stillFits = ({ base }: Delta): boolean =>
      covered?.variants.some(({ weights }) => Object.values(base.files).includes(weights.sha256)) ?? false;
    const orphans = above.deltas.filter((delta) => delta.base.id === id && !stillFits(delta));
    if (orphans.length > 0 && !withDeltas) throw needed(id, orphans);
    const place = dirname(model.variants[0]!.weights.path);
    if (above.models.some((each) => each !== model && dirname(each.variants[0]!.weights.path) === place))
      throw shared(id);
    return {
      places: [...deltaPlaces(orphans), place],
      models: [id],
      deltas: orphans.map((delta) => delta.id),
    };
  }
  const deltas = above?.deltas.filter((delta) => delta.id === id || delta.domain === id) ?? [];
  const calibration = above?.domains.find((domain) => domain.id === id)?.calibration;
  if (deltas.length === 0 && !calibration) throw unknown(id, below, above);
  return {
    places: [...deltaPlaces(deltas), ...(calibration ? [calibration.path] : [])],
    models: [],
    deltas: deltas.map((delta) => delta.id),
  };
}

function needed(id: string, deltas: readonly Delta[]): InvalidRequestError {
  const names = deltas.map((delta) => delta.id).join(', ');
  return new InvalidRequestError({
    message: `${id} cannot be removed: ${names} ${deltas.length === 1 ? 'needs' : 'need'} it.`,
    hint: 'Remove them first, or all of them with --with-deltas.',
    facts: { model: id, deltas: names },
  });
}

function shared(id: string): InvalidRequestError {
  return new InvalidRequestError({
    message: `${id} cannot be removed: another model lies in its folder.`,
    hint: 'Delete its files by hand, then run `terrace models index` on the folder of added models.',
    facts: { model: id },
  });
}

function unknown(id: string, below: Catalog, above: Catalog | undefined): InvalidRequestError {
  const has = ({ models, deltas, domains }: Catalog): boolean =>
    [...models, ...deltas, ...domains].some((each) => each.id === id);
  const ids = above ? [...above.models, ...above.deltas, ...above.domains].map((each) => each.id).join(', ') : '';
  return new InvalidRequestError({
    message: has(below)
      ? `"${id.slice(0, 128)}" ships with Terrace and cannot be removed.`
      : `Nothing that was added has the id "${id.slice(0, 128)}".`,
    hint: `Added: ${ids || 'nothing'}.`,
    facts: { id },
  });
}
