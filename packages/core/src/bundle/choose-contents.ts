import type { Catalog, Delta, Model } from '../catalog/schema.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';

export interface Contents {
  readonly models: readonly Model[];
  readonly deltas: readonly Delta[];
  /** Domains all of whose deltas are in: a calibration was made with every one of them. */
  readonly domains: Catalog['domains'];
}

/**
 * What goes into a bundle: the named models and deltas, the deltas of the domain, and the base of each delta; all there
 * is when nothing is named, but for models that generate text: they are large, and a folder may name them without having
 * them.
 * @throws InvalidRequestError when a name is unknown, or nothing is left
 */
export function chooseContents(
  catalog: Catalog,
  { ids, domain }: { readonly ids: readonly string[]; readonly domain: string | undefined },
): Contents {
  const all = ids.length === 0 && domain === undefined;
  for (const id of ids) {
    if (![...catalog.models, ...catalog.deltas].some((each) => each.id === id))
      throw unknown('model or delta', id, catalog);
  }
  if (domain !== undefined && !catalog.domains.some(({ id }) => id === domain))
    throw unknown('domain', domain, catalog);
  const deltas = catalog.deltas.filter((delta) => all || delta.domain === domain || ids.includes(delta.id));
  const bases = new Set(deltas.map(({ base }) => base.id));
  const models = catalog.models.filter(({ id, text }) => (all && !text) || ids.includes(id) || bases.has(id));
  const isWhole = (id: string): boolean =>
    deltas.some((delta) => delta.domain === id) &&
    catalog.deltas.every((delta) => delta.domain !== id || deltas.includes(delta));
  return { models, deltas, domains: catalog.domains.filter(({ id }) => isWhole(id)) };
}

function unknown(what: string, id: string, { models, deltas, domains }: Catalog): InvalidRequestError {
  const list = (entries: readonly { id: string }[]): string => entries.map((each) => each.id).join(', ') || 'none';
  return new InvalidRequestError({
    message: `There is no ${what} "${id}".`,
    hint: `Models: ${list(models)}. Deltas: ${list(deltas)}. Domains: ${list(domains)}.`,
    facts: { id },
  });
}
