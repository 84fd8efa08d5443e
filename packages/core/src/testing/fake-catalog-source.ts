import type { Calibration } from '../catalog/calibration.js';
import type { Catalog } from '../catalog/schema.js';
import { requireDomain } from '../catalog/tier.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import { exampleCatalog } from './example-catalog.js';

export interface FakeCatalogSource extends CatalogSource {
  /** Puts another catalog in force. */
  replace(catalog: Catalog, calibration?: Calibration): void;
}

/** @param calibration of the domain it names; left out for a catalog without any */
export function createFakeCatalogSource(
  catalog: Catalog = exampleCatalog(),
  calibration?: Calibration,
): FakeCatalogSource {
  let inForce: { readonly catalog: Catalog; readonly calibration: Calibration | undefined } = { catalog, calibration };
  return {
    current: () => inForce.catalog,
    async calibration(domain) {
      requireDomain(inForce.catalog, domain);
      return inForce.calibration?.domain === domain ? inForce.calibration : undefined;
    },
    replace(next, nextCalibration) {
      inForce = { catalog: next, calibration: nextCalibration };
    },
  };
}
