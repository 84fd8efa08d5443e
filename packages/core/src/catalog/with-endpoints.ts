import type { CatalogSource } from '../ports/catalog-source.js';
import type { Endpoint } from './endpoint.js';
import type { Catalog } from './schema.js';

/** A catalog with the application's own tiers in it; those win where ids are equal. */
export function withEndpoints(source: CatalogSource, own: readonly Endpoint[]): CatalogSource {
  if (own.length === 0) return source;
  const ids = new Set(own.map(({ id }) => id));
  let base: Catalog | undefined;
  let whole: Catalog;
  return {
    current() {
      const catalog = source.current();
      if (catalog !== base) {
        const others = (catalog.endpoints ?? []).filter(({ id }) => !ids.has(id));
        whole = { ...catalog, endpoints: [...others, ...own] };
        base = catalog;
      }
      return whole;
    },
    calibration: (domain, of) => source.calibration(domain, of),
  };
}
