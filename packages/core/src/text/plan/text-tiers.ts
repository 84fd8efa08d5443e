import type { TextDelta } from '../../catalog/text-catalog.js';
import type { Catalog, Model } from '../../catalog/schema.js';
import type { TextShape } from '../../catalog/text-shape.js';
import { UnknownDomainError } from '../../errors/unknown-domain-error.js';
import { templateOf } from '../templates/template-of.js';
import type { LocalTextTier, RemoteTextTier, TextTier } from '../text-tier.js';

/**
 * Every tier of the catalog that generates text, one a variant: this device's by what a token costs, then the site's, then
 * the cloud's.
 * @throws UnknownDomainError when no delta, template, calibration, endpoint or encoder speaks of the domain
 */
export function textTiers(catalog: Catalog, domain: string | undefined): TextTier[] {
  if (domain !== undefined) requireTextDomain(catalog, domain);
  const local = catalog.models
    .filter(hasText)
    .toSorted((a, b) => a.flopsPerToken - b.flopsPerToken)
    .flatMap((model) => localTiers(model, catalog, domain));
  const remote = (catalog.endpoints ?? [])
    .filter(({ tasks, domains }) => tasks.includes('text-generation') && knows(domains, domain))
    .toSorted((a, b) => Number(a.placement === 'cloud') - Number(b.placement === 'cloud'))
    .map((endpoint): RemoteTextTier => {
      const { id, placement } = endpoint;
      const delta = deltasOf(catalog, domain).find(({ servedAs }) => Object.hasOwn(servedAs, id));
      return { kind: 'remote', id, placement, endpoint, delta, template: templateOf(catalog, id, delta) };
    });
  return [...local, ...remote];
}

const hasText = (model: Model): model is Model & { readonly text: TextShape } =>
  model.task === 'text-generation' && model.text !== undefined;

function localTiers(
  model: Model & { readonly text: TextShape },
  catalog: Catalog,
  domain: string | undefined,
): LocalTextTier[] {
  const { id, placement } = model;
  return model.variants.map((variant) => {
    // What is a template alone goes with any weights; others with those that they were made for.
    const delta = deltasOf(catalog, domain).find(
      ({ base, kind }) =>
        (kind === 'prompt' && base === undefined) ||
        (base?.id === id && Object.values(base.files).includes(variant.weights.sha256)),
    );
    return {
      kind: 'local',
      id,
      placement,
      model,
      variant,
      delta,
      template: templateOf(catalog, model.text.family, delta),
    };
  });
}

const deltasOf = ({ text }: Catalog, domain: string | undefined): readonly TextDelta[] =>
  domain === undefined ? [] : (text?.deltas ?? []).filter((delta) => delta.domain === domain);

const knows = (domains: readonly string[] | undefined, domain: string | undefined): boolean =>
  domain === undefined || domains === undefined || domains.includes(domain);

/** @throws UnknownDomainError */
function requireTextDomain({ domains, text, endpoints = [] }: Catalog, domain: string): void {
  const known = new Set([
    ...domains.map(({ id }) => id),
    ...(text?.deltas ?? []).map((delta) => delta.domain),
    ...(text?.calibrations ?? []).flatMap((each) => each.domain ?? []),
    ...endpoints.flatMap((endpoint) => endpoint.domains ?? []),
  ]);
  if (known.has(domain)) return;
  throw new UnknownDomainError({
    message: `There is no domain "${domain}" in the catalog.`,
    hint: `Domains: ${[...known].join(', ') || 'none'}. Text can be asked for without one.`,
    facts: { domain },
  });
}
