import { catalogSchema, InvalidCatalogError, parseFile, type Catalog, type Endpoint, type Model } from '@terrace/core';

/**
 * A catalog that a later start will open: it fits the schema, and every id and every place is taken once.
 * @throws InvalidCatalogError
 */
export function requireSound(catalog: Catalog): Catalog {
  parseFile(catalogSchema, catalog, 'catalog');
  requireUnique('model', catalog.models, ({ id }) => id);
  requireUnique('delta', catalog.deltas, ({ id }) => id);
  requireUnique('delta of', catalog.deltas, ({ domain, base }) => `${domain} on ${base.id}`);
  requireUnique('endpoint', catalog.endpoints ?? [], ({ id }) => id);
  requireOwnNames(catalog.endpoints ?? [], catalog.models);
  return catalog;
}

/** What a request, a decision or the name of a ladder says without meaning a tier. */
const TAKEN = ['auto', 'cascade', 'accept', 'abstain'];
/** Every name may be written with this in front of it: behind it an endpoint would pass for somebody else. */
const PREFIX = 'terrace/';

/**
 * A tier has one name, and so has everything else it could be taken for.
 * @throws InvalidCatalogError when an endpoint is called like a model, or by a word that means something else
 */
export function requireOwnNames(endpoints: readonly Endpoint[], models: readonly Model[]): void {
  for (const { id } of endpoints) {
    const isModel = models.some((model) => model.id === id);
    if (!isModel && !TAKEN.includes(id) && !id.startsWith(PREFIX)) continue;
    throw new InvalidCatalogError({
      message: `An endpoint cannot be called "${id}": ${isModel ? 'a model is' : 'the name has a meaning of its own'}.`,
      hint: 'Give the endpoint another id.',
      facts: { endpoint: id },
    });
  }
}

function requireUnique<T>(what: string, entries: readonly T[], keyOf: (entry: T) => string): void {
  const keys = entries.map(keyOf);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice === undefined) return;
  throw new InvalidCatalogError({
    message: `There is more than one ${what} "${twice}" in the folder.`,
    hint: 'Give each manifest an id of its own, or remove the older folder.',
    facts: { twice },
  });
}
