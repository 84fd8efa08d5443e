import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import type { Placement, TaskId } from './fields.js';
import type { Endpoint } from './endpoint.js';
import type { Catalog, Delta, Domain, Model, Variant } from './schema.js';

/** A rung that this device runs: a model in one variant, with or without a delta. */
export interface LocalTier {
  readonly kind: 'local';
  /** The model's id, e.g. `nano`: at most one variant of a model is in a ladder. */
  readonly id: string;
  readonly placement: Placement;
  readonly model: Model;
  readonly variant: Variant;
  readonly delta: Delta | undefined;
}

/** A rung that somebody else runs, at the site or in the cloud. */
export interface RemoteTier {
  readonly kind: 'remote';
  /** The endpoint's id. */
  readonly id: string;
  readonly placement: Placement;
  readonly endpoint: Endpoint;
  /** Whose labels it answers with; of an endpoint that serves a model of the catalog, the delta it computes with. */
  readonly delta: Delta | undefined;
}

/** One runnable rung. */
export type Tier = LocalTier | RemoteTier;

/**
 * Every tier the catalog could offer for a task and domain, one a variant, lightest model first.
 * @throws UnknownDomainError when the domain or sub-domain is not in the catalog
 */
export function candidateTiers(
  catalog: Catalog,
  { task, domain, subDomain }: { task: TaskId; domain: string | undefined; subDomain: string | undefined },
): Tier[] {
  const known = domain === undefined ? undefined : requireDomain(catalog, domain, subDomain);
  const order = catalog.ladders.flatMap(({ models }) => models);
  const rung = (id: string): number => {
    const index = order.indexOf(id);
    return index === -1 ? order.length : index;
  };
  const local = catalog.models
    .flatMap((model) => localTiers(catalog, model, task, known))
    .toSorted((a, b) => rung(a.id) - rung(b.id) || a.model.flopsPerToken - b.model.flopsPerToken);
  // What computes a model of the catalog stands where that model does; nothing is known of the others' weight.
  const tiers: Tier[] = [...local];
  for (const tier of remoteTiers(catalog, task, known)) {
    const { serves } = tier.endpoint;
    const at = serves ? tiers.findLastIndex(({ id }) => rung(id) <= rung(serves.model) && order.includes(id)) : -1;
    tiers.splice(at === -1 ? tiers.length : at + 1, 0, tier);
  }
  return tiers;
}

function localTiers(catalog: Catalog, model: Model, task: TaskId, domain: Domain | undefined): LocalTier[] {
  const delta = domain && catalog.deltas.find((each) => each.domain === domain.id && each.base.id === model.id);
  const canClassify = delta !== undefined || (domain === undefined && model.task === 'text-classification');
  if (task === 'text-classification' && !canClassify) return [];
  if (task === 'feature-extraction' && (model.task !== task || (domain !== undefined && delta === undefined)))
    return [];
  return model.variants.map((variant) => ({
    kind: 'local',
    id: model.id,
    placement: model.placement,
    model,
    variant,
    delta,
  }));
}

/** Nearest first. */
function remoteTiers({ endpoints = [], deltas }: Catalog, task: TaskId, domain: Domain | undefined): RemoteTier[] {
  return endpoints
    .filter((endpoint) => endpoint.tasks.includes(task) && knowsDomain(endpoint, task, domain))
    .toSorted((a, b) => Number(a.placement === 'cloud') - Number(b.placement === 'cloud'))
    .map((endpoint) => {
      const ofDomain = deltas.filter((delta) => delta.domain === domain?.id);
      const delta = ofDomain.find(({ base }) => base.id === endpoint.serves?.model) ?? ofDomain.at(-1);
      return { kind: 'remote', id: endpoint.id, placement: endpoint.placement, endpoint, delta };
    });
}

function knowsDomain({ domains, labels, serves }: Endpoint, task: TaskId, domain: Domain | undefined): boolean {
  if (domain === undefined) return task === 'feature-extraction' || labels !== undefined;
  if (serves && !(domain.id in serves.deltas)) return false;
  return domains === undefined || domains.includes(domain.id);
}

/** @throws UnknownDomainError */
export function requireDomain(catalog: Catalog, id: string, subDomain?: string): Domain {
  const domain = catalog.domains.find((each) => each.id === id);
  if (!domain) {
    const known = catalog.domains.map((each) => each.id).join(', ') || 'none';
    throw new UnknownDomainError({
      message: `There is no domain "${id}" in the catalog.`,
      hint: `Domains: ${known}. \`terrace models list\` shows them; \`terrace models add FOLDER\` adds one.`,
      facts: { domain: id },
    });
  }
  if (subDomain !== undefined && !domain.subDomains.includes(subDomain)) {
    throw new UnknownDomainError({
      message: `The domain "${id}" has no sub-domain "${subDomain}".`,
      hint:
        domain.subDomains.length > 0
          ? `Sub-domains: ${domain.subDomains.join(', ')}.`
          : 'It has no sub-domains: leave the option out.',
      facts: { domain: id, subDomain },
    });
  }
  return domain;
}

/** The labels a tier answers with: its delta's, or its own. */
export function labelsOf(tier: Tier): readonly string[] {
  return tier.delta?.labels ?? (tier.kind === 'local' ? tier.model.labels : tier.endpoint.labels) ?? [];
}

export const languagesOf = (tier: Tier): readonly string[] =>
  tier.kind === 'local' ? tier.model.language : tier.endpoint.language;

/** What the device's own statistics know a tier by: the weights, or the endpoint and how it is asked. */
export const variantIdOf = (tier: Tier): string =>
  tier.kind === 'local' ? tier.variant.weights.sha256 : tier.endpoint.contentId;

/** How a tier is called where it matters by what: a dtype, or the protocol it is asked in. */
export const variantNameOf = (tier: Tier): string =>
  tier.kind === 'local' ? tier.variant.dtype : tier.endpoint.protocol;

/** The name a calibration knows a tier by: that of the model it computes. */
export const calibratedAs = (tier: Tier): string =>
  tier.kind === 'local' ? tier.id : (tier.endpoint.serves?.model ?? tier.id);

/** What a calibration recognises a tier by: the content of its variant and delta. */
export function tierIdentity(tier: Tier): { variant: string; delta: string | undefined } {
  if (tier.kind === 'local') return { variant: tier.variant.weights.sha256, delta: tier.delta?.contentId };
  const { serves, contentId } = tier.endpoint;
  if (!serves) return { variant: contentId, delta: tier.delta?.contentId };
  return { variant: serves.variant, delta: tier.delta && serves.deltas[tier.delta.domain] };
}
