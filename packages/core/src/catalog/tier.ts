import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import type { Catalog, Delta, Domain, Model, Placement, TaskId, Variant } from './schema.js';

/** One runnable rung: a model in one variant, with or without a delta, at one placement. */
export interface Tier {
  /** The model's id, e.g. `nano`: at most one variant of a model is in a ladder. */
  readonly id: string;
  readonly placement: Placement;
  readonly model: Model;
  readonly variant: Variant;
  readonly delta: Delta | undefined;
}

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
  const rung = (model: Model): number => {
    const index = order.indexOf(model.id);
    return index === -1 ? order.length : index;
  };
  return catalog.models
    .flatMap((model) => tiersOf(catalog, model, task, known))
    .toSorted((a, b) => rung(a.model) - rung(b.model) || a.model.flopsPerToken - b.model.flopsPerToken);
}

function tiersOf(catalog: Catalog, model: Model, task: TaskId, domain: Domain | undefined): Tier[] {
  const delta = domain && catalog.deltas.find((each) => each.domain === domain.id && each.base.id === model.id);
  const canClassify = delta !== undefined || (domain === undefined && model.task === 'text-classification');
  if (task === 'text-classification' && !canClassify) return [];
  if (task === 'feature-extraction' && (model.task !== task || (domain !== undefined && delta === undefined)))
    return [];
  return model.variants.map((variant) => ({ id: model.id, placement: model.placement, model, variant, delta }));
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

/** The labels a tier answers with: its delta's, or the model's own. */
export function labelsOf(tier: Tier): readonly string[] {
  return tier.delta?.labels ?? tier.model.labels ?? [];
}

/** What a calibration recognises a tier by: the content of its variant and delta. */
export function tierIdentity({ variant, delta }: Tier): { variant: string; delta: string | undefined } {
  return { variant: variant.weights.sha256, delta: delta?.contentId };
}
