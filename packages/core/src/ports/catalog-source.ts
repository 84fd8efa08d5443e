import type { Calibration } from '../catalog/calibration.js';
import type { Catalog } from '../catalog/schema.js';

/** The catalog in force. A new object means a new revision; nothing is ever changed in place. */
export interface CatalogSource {
  current(): Catalog;
  /**
   * The calibration of a domain's ladder revision; undefined when it has none.
   * @param of a catalog that was current, which a newer one may have replaced meanwhile; without it the current one
   * @throws InvalidCatalogError when the file does not fit its schema
   */
  calibration(domain: string, of?: Catalog): Promise<Calibration | undefined>;
}
