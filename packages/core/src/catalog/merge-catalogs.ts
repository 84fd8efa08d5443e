import type { StartHash } from '../ports/running-hash.js';
import { contentId } from './content-id.js';
import type { Endpoint } from './endpoint.js';
import { byWeight, ladderRevision, laddersOf, subDomainsOf } from './ladders.js';
import { mergeText } from './merge-text.js';
import type { Catalog, Delta, Domain, Model } from './schema.js';

/** Two catalogs that become one. */
export interface Stacked {
  readonly below: Catalog;
  readonly above: Catalog;
  readonly startHash: StartHash;
}

/**
 * Two catalogs as one. What is above wins: a model or an endpoint by its id, a delta by its id or its place (domain and
 * base). A tier has one name: an endpoint that is called like a model is left out.
 * Domains and ladders are made anew from what is left, so a domain with a delta in either folder is whole.
 */
export function mergeCatalogs({ below, above, startHash }: Stacked): Catalog {
  const models = [...without(below.models, above.models, sameId), ...above.models].toSorted(byWeight);
  const deltas = [...without(below.deltas, above.deltas, samePlace), ...above.deltas];
  const ids = [...new Set([...below.domains, ...above.domains].map(({ id }) => id))].toSorted();
  const domains = ids.map((id) => mergeDomain(id, { below, above, startHash, models, deltas }));
  const endpoints = mergeEndpoints(below, above).filter(({ id }) => !models.some((model) => model.id === id));
  const text = mergeText(below.text, above.text);
  const content = {
    format: 1 as const,
    models,
    deltas,
    domains,
    ladders: laddersOf(models),
    ...(endpoints.length > 0 && { endpoints }),
    ...(text && { text }),
  };
  return { ...content, revision: contentId(content, startHash) };
}

const without = <T>(all: readonly T[], replacements: readonly T[], same: (a: T, b: T) => boolean): T[] =>
  all.filter((each) => !replacements.some((other) => same(each, other)));

const mergeEndpoints = (below: Catalog, above: Catalog): Endpoint[] => [
  ...without(below.endpoints ?? [], above.endpoints ?? [], sameId),
  ...(above.endpoints ?? []),
];

const sameId = (a: { readonly id: string }, b: { readonly id: string }): boolean => a.id === b.id;

const samePlace = (a: Delta, b: Delta): boolean => a.id === b.id || (a.domain === b.domain && a.base.id === b.base.id);

interface Merging extends Stacked {
  readonly models: readonly Model[];
  readonly deltas: readonly Delta[];
}

function mergeDomain(id: string, merging: Merging): Domain {
  const { below, above, startHash } = merging;
  const [lower, upper] = [below, above].map(({ domains }) => domains.find((domain) => domain.id === id));
  const deltas = merging.deltas.filter(({ domain }) => domain === id);
  const calibration = upper?.calibration ?? (stillHolds(id, merging) ? lower?.calibration : undefined);
  return {
    id,
    task: (upper ?? lower)!.task,
    ladderRevision: ladderRevision(deltas, calibration, startHash),
    subDomains: subDomainsOf(deltas),
    ...(calibration && { calibration }),
  };
}

/**
 * Whether the lower calibration was made with what is in the domain now. A delta for one more base leaves it
 * right for the others; another delta or other weights in the place of one it was made with do not.
 */
function stillHolds(id: string, { below, models, deltas }: Merging): boolean {
  const kept = new Set(deltas.map(({ contentId: content }) => content));
  const weights = new Set(models.flatMap(weightsOf));
  return below.deltas
    .filter(({ domain }) => domain === id)
    .every(({ contentId: content, base }) => {
      const model = below.models.find((each) => each.id === base.id);
      return kept.has(content) && (!model || weightsOf(model).every((sha256) => weights.has(sha256)));
    });
}

const weightsOf = ({ variants }: Model): string[] => variants.map(({ weights }) => weights.sha256);
