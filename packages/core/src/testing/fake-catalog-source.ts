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
  let inForce = catalog;
  const calibrations = new Map([[catalog, calibration]]);
  return {
    current: () => inForce,
    async calibration(domain, of = inForce) {
      requireDomain(of, domain);
      const its = calibrations.get(of) ?? calibrations.get(inForce);
      return its?.domain === domain ? its : undefined;
    },
    replace(next, nextCalibration) {
      inForce = next;
      calibrations.set(next, nextCalibration);
    },
  };
}
