import type { StartHash } from '../ports/running-hash.js';
import { contentId } from './content-id.js';
import type { Delta, Ladder, Model } from './schema.js';

/** Lightest first: the order in which models climb. */
export const byWeight = (a: Model, b: Model): number => a.flopsPerToken - b.flopsPerToken;

/** One ladder a task, by what a token costs. */
export function laddersOf(models: readonly Model[]): Ladder[] {
  const tasks = [...new Set(models.map(({ task }) => task))];
  return tasks.map((task) => ({
    id: task,
    task,
    models: models
      .filter((model) => model.task === task)
      .toSorted(byWeight)
      .map(({ id }) => id),
  }));
}

/** Content id of a domain's deltas and calibration: it changes when either does, and only then. */
export const ladderRevision = (
  deltas: readonly Delta[],
  calibration: { readonly sha256: string } | undefined,
  startHash: StartHash,
): string => contentId([deltas.map((delta) => delta.contentId).toSorted(), calibration?.sha256 ?? null], startHash);

/** Every sub-domain that a delta of the domain knows. */
export const subDomainsOf = (deltas: readonly Delta[]): string[] => [
  ...new Set(deltas.flatMap(({ subDomains }) => Object.keys(subDomains))),
];
