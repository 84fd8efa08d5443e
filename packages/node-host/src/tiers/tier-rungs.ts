import {
  candidateTiers,
  requireDomain,
  variantIdOf,
  type Catalog,
  type Endpoint,
  type TaskId,
  type Tier,
} from '@terrace/core';

const TASKS: readonly TaskId[] = ['text-classification', 'feature-extraction'];

/**
 * Every rung of a catalog once, lightest first: what computes a model of the catalog stands behind it, and of what
 * others run nothing is known but how far it is.
 * @param domain only rungs that answer in it
 * @throws UnknownDomainError
 */
export function tierRungs(catalog: Catalog, domain: string | undefined): Tier[] {
  if (domain !== undefined) requireDomain(catalog, domain);
  const domains = domain === undefined ? [undefined, ...catalog.domains.map(({ id }) => id)] : [domain];
  const all = domains.flatMap((each) =>
    TASKS.flatMap((task) => candidateTiers(catalog, { task, domain: each, subDomain: undefined })),
  );
  // What writes, or what chats are only passed on to, is a rung of no ladder of answers.
  const answersNothing = ({ tasks }: Endpoint): boolean => tasks.every((task) => task === 'text-generation');
  const passedOn = domain === undefined ? (catalog.endpoints ?? []).filter(answersNothing) : [];
  for (const endpoint of passedOn) {
    const { id, placement } = endpoint;
    all.push({ kind: 'remote', id, placement, endpoint, delta: undefined });
  }
  const unique = [...new Map(all.map((tier) => [`${tier.id} ${variantIdOf(tier)}`, tier])).values()];
  return unique.toSorted((a, b) => weightOf(a, catalog) - weightOf(b, catalog) || distanceOf(a) - distanceOf(b));
}

function weightOf(tier: Tier, { models }: Catalog): number {
  if (tier.kind === 'local') return tier.model.flopsPerToken;
  const { serves } = tier.endpoint;
  return models.find(({ id }) => id === serves?.model)?.flopsPerToken ?? Number.MAX_VALUE;
}

const DISTANCE = { device: 0, site: 1, cloud: 2 } as const;

const distanceOf = ({ placement }: Tier): number => DISTANCE[placement];
