import type { Catalog, Delta } from '../../catalog/schema.js';

/** What a catalog says of a domain, as far as learning asks. */
export interface DomainFacts {
  readonly ladderRevision: string;
  /** Of the lightest rung; undefined where no model of the catalog has a delta for the domain. */
  readonly lightest: Delta | undefined;
  /** Labels that a delta or an endpoint of the domain answers with. */
  readonly labels: ReadonlySet<string>;
  readonly outOfScopeLabels: ReadonlySet<string>;
}

/** @returns undefined where the domain is not in the catalog */
export function domainFacts(catalog: Catalog, domain: string): DomainFacts | undefined {
  const entry = catalog.domains.find(({ id }) => id === domain);
  if (!entry) return undefined;
  const order = catalog.ladders.flatMap(({ models }) => models);
  const deltas = catalog.deltas
    .filter((delta) => delta.domain === domain)
    .toSorted((a, b) => order.indexOf(a.base.id) - order.indexOf(b.base.id));
  const endpoints = (catalog.endpoints ?? []).filter(
    ({ domains }) => domains === undefined || domains.includes(domain),
  );
  return {
    ladderRevision: entry.ladderRevision,
    lightest: deltas[0],
    labels: new Set([...deltas, ...endpoints].flatMap(({ labels }) => labels ?? [])),
    outOfScopeLabels: new Set(deltas.flatMap(({ outOfScopeLabel }) => outOfScopeLabel ?? [])),
  };
}
