import { dirname, join } from 'node:path';
import { ladderRevision, type Catalog, type Delta } from '@terrace/core';
import type { ModelFolders } from '../catalog/model-folders.js';
import { mergeCatalogs } from '../catalog/merge-catalogs.js';
import { startHash } from '../files/start-hash.js';
import type { DomainContent } from './lay-out-revision.js';
import { domainPlace } from './revision-folder.js';

/** What the overlay has of a domain, and what it stands over. */
export interface OverlayDomain {
  readonly domain: string;
  /** What ships. */
  readonly below: Catalog;
  /** Of the overlay alone. */
  readonly deltas: readonly Delta[];
  readonly calibration: DomainContent['calibration'];
  /** Places of the overlay that are not where a domain's deltas are put: they were laid out by hand. */
  readonly strays: readonly string[];
  /** The ladder revision that requests are answered under. */
  readonly inForce: string;
  /** The catalog as it would be with this in the place of what the overlay has. */
  with(content: Catalog): Catalog;
}

export function overlayDomain({ folders, current }: ModelFolders, domain: string): OverlayDomain {
  const [below, above] = [folders[0]!, folders[1]];
  const deltas = above?.catalog.deltas.filter((delta) => delta.domain === domain) ?? [];
  const calibration = above?.catalog.domains.find(({ id }) => id === domain)?.calibration;
  const places = [...deltas.map(({ head }) => dirname(head.path)), ...(calibration ? [calibration.path] : [])];
  return {
    domain,
    below: below.catalog,
    deltas,
    calibration: calibration && { file: join(above!.path, calibration.path) },
    strays: places.filter((place) => !place.startsWith(`${domainPlace(domain)}/`)),
    inForce: revisionOf(current(), domain),
    with: (content) =>
      [below.catalog, ...(above ? [withoutDomain(above.catalog, domain)] : []), content].reduce(mergeCatalogs),
  };
}

/** Of a domain that is not there as well: nothing of it is left. */
export const revisionOf = ({ domains }: Catalog, domain: string): string =>
  domains.find(({ id }) => id === domain)?.ladderRevision ?? ladderRevision([], undefined, startHash);

const withoutDomain = (catalog: Catalog, domain: string): Catalog => ({
  ...catalog,
  deltas: catalog.deltas.filter((delta) => delta.domain !== domain),
  domains: catalog.domains.filter(({ id }) => id !== domain),
});
