import type { Calibration } from '../catalog/calibration.js';
import { contentId } from '../catalog/content-id.js';
import { ladderRevision, subDomainsOf } from '../catalog/ladders.js';
import type { Catalog, Delta } from '../catalog/schema.js';
import { DeltaMismatchError } from '../errors/delta-mismatch-error.js';
import { UnknownRevisionError } from '../errors/unknown-revision-error.js';
import { catalogDelta } from '../learn/catalog-delta.js';
import type { Clock } from '../ports/clock.js';
import type { Revision, RevisionDraft, RevisionStore } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';
import type { FakeCatalogSource } from './fake-catalog-source.js';
import { fakeLocation } from './fake-store.js';

interface Kept {
  readonly revision: Revision;
  readonly calibration: Calibration | undefined;
}

export interface MemoryRevisions extends RevisionStore {
  /** Contents of every delta file that was kept or put aside, by sha256. */
  readonly contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Ladder revisions over a fake catalog, in which `activate` replaces the domain. What they hold ends with the test. */
export function createMemoryRevisions({
  source,
  clock,
  startHash,
}: {
  readonly source: FakeCatalogSource;
  readonly clock: Clock;
  readonly startHash: StartHash;
}): MemoryRevisions {
  const shipped = source.current();
  /** Newest first. */
  const kept: Kept[] = [];
  const inForce = new Map<string, string>();
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();

  const put = (bytes: Uint8Array<ArrayBuffer>): string => {
    const hash = startHash();
    hash.update(bytes);
    const sha256 = hash.digest();
    contents.set(sha256, bytes);
    return sha256;
  };
  const idOf = (deltas: readonly Delta[], calibration: Calibration | undefined): string =>
    ladderRevision(deltas, calibration && { sha256: contentId(calibration, startHash) }, startHash);
  const find = (domain: string, id: string): Kept => {
    const found = kept.find(({ revision }) => revision.domain === domain && revision.id === id);
    if (found) return found;
    throw new UnknownRevisionError({
      message: `There is no revision ${id.slice(0, 12)} of "${domain}".`,
      hint: 'List the revisions of the domain.',
      facts: { domain, revision: id },
    });
  };

  return {
    contents,
    list: async (domain) => kept.map(({ revision }) => revision).filter((revision) => revision.domain === domain),
    async current(domain) {
      const id = inForce.get(domain);
      return id === undefined ? undefined : find(domain, id).revision;
    },
    calibration: async ({ domain, id }) => find(domain, id).calibration,
    async keep({ domain, origin, deltas: packed, without = [], calibration, decision }: RevisionDraft) {
      const catalog = source.current();
      for (const { manifest } of packed) requireBase(catalog, manifest.base.id);
      const fresh = packed.map((each) =>
        catalogDelta(each, { pathOf: (name) => `${each.contentId}/${name}`, startHash }),
      );
      for (const { files } of packed) for (const bytes of files.values()) put(bytes);
      const gone = new Set([...without, ...fresh.map(({ base }) => base.id)]);
      const staying = catalog.deltas.filter((delta) => delta.domain === domain && !gone.has(delta.base.id));
      const deltas = [...staying, ...fresh];
      const id = idOf(deltas, calibration);
      const known = kept.find(({ revision }) => revision.domain === domain && revision.id === id);
      if (known) return known.revision;
      const parent = inForce.get(domain);
      const revision = { id, domain, parent, madeAtWallMs: clock.wallMs(), origin, deltas, decision };
      kept.unshift({ revision, calibration });
      return revision;
    },
    async activate(domain, id) {
      const next = id === undefined ? undefined : find(domain, id);
      const wasShipped = shipped.domains.some((each) => each.id === domain);
      const before = wasShipped ? await source.calibration(domain, shipped) : undefined;
      const catalog = withDomain(source.current(), { shipped, domain, next, startHash });
      source.replace(catalog, next ? next.calibration : before);
      if (id === undefined) inForce.delete(domain);
      else inForce.set(domain, id);
    },
    async scratch(bytes) {
      const sha256 = put(bytes);
      return { location: fakeLocation(sha256), bytes: bytes.length, sha256 };
    },
    close: async () => undefined,
  };
}

function requireBase({ models }: Catalog, id: string): void {
  if (models.some((model) => model.id === id)) return;
  throw new DeltaMismatchError({
    message: `There is no base "${id}".`,
    hint: 'Add the base first.',
    facts: { base: id },
  });
}

/** The catalog with the deltas of the revision in the domain's place, or with those that came with the catalog. */
function withDomain(
  catalog: Catalog,
  {
    shipped,
    domain,
    next,
    startHash,
  }: {
    readonly shipped: Catalog;
    readonly domain: string;
    readonly next: Kept | undefined;
    readonly startHash: StartHash;
  },
): Catalog {
  const deltas = next?.revision.deltas ?? shipped.deltas.filter((delta) => delta.domain === domain);
  const entry = next
    ? {
        id: domain,
        task: 'text-classification' as const,
        ladderRevision: next.revision.id,
        subDomains: subDomainsOf(deltas),
      }
    : shipped.domains.find(({ id }) => id === domain);
  const changed = {
    ...catalog,
    deltas: [...catalog.deltas.filter((delta) => delta.domain !== domain), ...deltas],
    domains: [...catalog.domains.filter(({ id }) => id !== domain), ...(entry ? [entry] : [])],
  };
  return { ...changed, revision: contentId([changed.deltas, changed.domains], startHash) };
}
