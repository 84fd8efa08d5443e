import {
  candidateTiers,
  catalogSchema,
  contentId,
  differingTier,
  parseFile,
  subDomainsOf,
  type BundleEntry,
  type Calibration,
  type Catalog,
  type Delta,
  type Domain,
  type FileRef,
} from '@terrace/core';
import { startHash } from '../store/part.js';

/** A ladder revision that was made on this device: a catalog of nothing but its domain, and every file of it. */
export interface OwnLadder {
  readonly catalog: Catalog;
  readonly files: readonly BundleEntry[];
}

/** @param revision the domain's `ladderRevision`. @throws InvalidCatalogError */
export function ladderCatalog({
  domain: id,
  revision: ladderRevision,
  deltas,
  calibration,
}: {
  readonly domain: string;
  readonly revision: string;
  readonly deltas: readonly Delta[];
  readonly calibration: FileRef | undefined;
}): Catalog {
  const domain: Domain = {
    id,
    task: 'text-classification',
    ladderRevision,
    subDomains: subDomainsOf(deltas),
    ...(calibration && { calibration }),
  };
  // What no start could read is not kept.
  return parseFile(catalogSchema, whole({ models: [], deltas: [...deltas], domains: [domain], ladders: [] }), 'catalog')
    .value;
}

export const domainOf = ({ catalog }: OwnLadder): Domain => catalog.domains[0]!;

/** @returns undefined for what this release cannot read */
export function readLadder(kept: unknown): OwnLadder | undefined {
  try {
    const { catalog, files } = kept as OwnLadder;
    const { value } = parseFile(catalogSchema, catalog, 'catalog');
    return value.domains.length === 1 ? { catalog: value, files: [...files] } : undefined;
  } catch {
    return undefined;
  }
}

/** A catalog with ladders in the place of what it has for their domains. */
export interface WithLadders {
  readonly catalog: Catalog;
  /** Those that are in it; the others were made with models that are no more. */
  readonly holding: readonly OwnLadder[];
}

/** @param calibrationOf where it is here */
export async function withLadders(
  below: Catalog,
  ladders: readonly OwnLadder[],
  calibrationOf: (file: FileRef) => Promise<Calibration | undefined>,
): Promise<WithLadders> {
  let catalog = below;
  const holding: OwnLadder[] = [];
  for (const ladder of ladders) {
    const { calibration } = domainOf(ladder);
    const next = withLadder(catalog, ladder);
    if (!fits(next, ladder) || (calibration && !(await isRight(next, ladder, calibrationOf(calibration))))) continue;
    catalog = next;
    holding.push(ladder);
  }
  return { catalog, holding };
}

function withLadder(below: Catalog, ladder: OwnLadder): Catalog {
  const domain = domainOf(ladder);
  const { format: _, revision: _own, ...rest } = below;
  return whole({
    ...rest,
    deltas: [...below.deltas.filter((delta) => delta.domain !== domain.id), ...ladder.catalog.deltas],
    domains: [...below.domains.filter(({ id }) => id !== domain.id), domain].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  });
}

/** Whether the base of every delta is here in weights that the delta was made with. */
const fits = (catalog: Catalog, { catalog: { deltas } }: OwnLadder): boolean =>
  deltas.every(({ base }) => hasBase(catalog, base));

export const hasBase = ({ models }: Catalog, base: Delta['base']): boolean =>
  models.some(
    ({ id, variants }) =>
      id === base.id && variants.some(({ weights }) => Object.values(base.files).includes(weights.sha256)),
  );

/** Beside a calibration that was made with something else every request of its domain would be refused. */
async function isRight(
  catalog: Catalog,
  ladder: OwnLadder,
  calibration: Promise<Calibration | undefined>,
): Promise<boolean> {
  const { task, id: domain } = domainOf(ladder);
  const known = await calibration;
  if (known?.domain !== domain) return false;
  return differingTier(known, candidateTiers(catalog, { task, domain, subDomain: undefined })) === undefined;
}

function whole(content: Omit<Catalog, 'format' | 'revision'>): Catalog {
  const all = { format: 1 as const, ...content };
  return { ...all, revision: contentId(all, startHash) };
}
