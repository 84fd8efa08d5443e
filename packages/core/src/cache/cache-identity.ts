import { contentId } from '../catalog/content-id.js';
import { taskSchema, type TaskId } from '../catalog/fields.js';
import type { Catalog } from '../catalog/schema.js';
import { candidateTiers, type Tier } from '../catalog/tier.js';
import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import type { StartHash } from '../ports/running-hash.js';
import { textTiers } from '../text/plan/text-tiers.js';
import type { TextTier } from '../text/text-tier.js';

/** What may answer: a task, and a domain or none. */
export interface IdentityAsk {
  readonly task: string;
  readonly domain: string | undefined;
}

/**
 * Content id of everything that may answer such a request: weights, tokenizers, deltas, templates, calibrations and
 * endpoints, in the order in which they climb. What is answered under another one may be another answer.
 */
export function cacheIdentity(catalog: Catalog, ask: IdentityAsk, startHash: StartHash): string {
  try {
    return contentId(partsOf(catalog, ask), startHash);
  } catch (error) {
    // The request is refused for it, by whoever answers.
    if (UnknownDomainError.isInstance(error)) return contentId(['unknown', catalog.revision], startHash);
    throw error;
  }
}

/** The same, once a catalog and ask. */
export function createCacheIdentity(startHash: StartHash): (catalog: Catalog, ask: IdentityAsk) => string {
  const known = new WeakMap<Catalog, Map<string | undefined, Map<string, string>>>();
  return (catalog, ask) => {
    const { task, domain } = ask;
    const before = known.get(catalog)?.get(domain)?.get(task);
    if (before !== undefined) return before;
    const id = cacheIdentity(catalog, ask, startHash);
    // Names of domains come from callers: what is not in the catalog is not remembered.
    if (domain !== undefined && !catalog.domains.some((each) => each.id === domain)) return id;
    const ofCatalog = known.get(catalog) ?? new Map<string | undefined, Map<string, string>>();
    known.set(catalog, ofCatalog);
    const ofDomain = ofCatalog.get(domain) ?? new Map<string, string>();
    ofCatalog.set(domain, ofDomain);
    ofDomain.set(task, id);
    return id;
  };
}

function partsOf(catalog: Catalog, { task, domain }: IdentityAsk): unknown {
  if (task === 'text-generation') return ofText(catalog, domain);
  const { data: known } = taskSchema.safeParse(task);
  if (known) return ofLabels(catalog, known, domain);
  // Chats that are passed on to an endpoint.
  return (catalog.endpoints ?? []).map((endpoint) => endpoint.contentId).toSorted();
}

function ofLabels(catalog: Catalog, task: TaskId, domain: string | undefined): unknown {
  // An answer may lead on to a domain under its own.
  const within = catalog.domains.filter(({ id }) => domain !== undefined && id.startsWith(`${domain}/`));
  const domains = [domain, ...within.map(({ id }) => id)];
  return domains.map((each) => [
    catalog.domains.find(({ id }) => id === each),
    candidateTiers(catalog, { task, domain: each, subDomain: undefined }).map(partOf),
  ]);
}

function ofText(catalog: Catalog, domain: string | undefined): unknown {
  const calibrations = (catalog.text?.calibrations ?? []).filter((each) => each.domain === domain);
  return [textTiers(catalog, domain).map(partOf), calibrations];
}

/** All that is said of a model but its other variants: what seems to say nothing of answers today may do tomorrow. */
function partOf(tier: Tier | TextTier): unknown {
  const { id, placement, delta } = tier;
  const template = 'template' in tier ? tier.template : undefined;
  if (tier.kind === 'remote') return { id, placement, endpoint: tier.endpoint.contentId, delta, template };
  const { variants: _, ...model } = tier.model;
  return { id, placement, model, variant: tier.variant, delta, template };
}
