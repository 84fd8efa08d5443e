import { catalogSchema, InvalidCatalogError, parseFile, type Catalog } from '@terrace/core';

/**
 * A catalog that a later start will open: it fits the schema, and every id and every place is taken once.
 * @throws InvalidCatalogError
 */
export function requireSound(catalog: Catalog): Catalog {
  parseFile(catalogSchema, catalog, 'catalog');
  requireUnique('model', catalog.models, ({ id }) => id);
  requireUnique('delta', catalog.deltas, ({ id }) => id);
  requireUnique('delta of', catalog.deltas, ({ domain, base }) => `${domain} on ${base.id}`);
  return catalog;
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
