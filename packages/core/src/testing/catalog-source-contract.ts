import { describe, expect, it } from 'vitest';
import { calibrationSchema } from '../catalog/calibration.js';
import { catalogSchema } from '../catalog/schema.js';
import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import type { CatalogSource } from '../ports/catalog-source.js';

/** What every CatalogSource does. @param make a source with at least one domain */
export function describeCatalogSourceContract(name: string, make: () => CatalogSource | Promise<CatalogSource>): void {
  describe(`${name} keeps the CatalogSource contract`, () => {
    it('offers a catalog that its schema accepts as it is', async () => {
      const catalog = (await make()).current();
      expect(catalogSchema.parse(catalog)).toEqual(catalog);
    });

    it('keeps the same object while nothing changes, for plans are kept by it', async () => {
      const source = await make();
      const before = source.current();
      await source.calibration(before.domains[0]!.id);
      expect(source.current()).toBe(before);
    });

    it('gives each domain a calibration of its own that fits the schema, or none', async () => {
      const source = await make();
      for (const { id } of source.current().domains) {
        const calibration = await source.calibration(id);
        if (!calibration) continue;
        expect(calibrationSchema.parse(calibration)).toEqual(calibration);
        expect(calibration.domain).toBe(id);
      }
    });

    it('answers a second question like the first', async () => {
      const source = await make();
      const { id } = source.current().domains[0]!;
      const [a, b] = await Promise.all([source.calibration(id), source.calibration(id)]);
      expect(b).toEqual(a);
    });

    it('refuses a domain that the catalog does not hold', async () => {
      const source = await make();
      const error: unknown = await (async () => source.calibration('no-such-domain'))().catch(
        (caught: unknown) => caught,
      );
      expect(UnknownDomainError.isInstance(error)).toBe(true);
    });
  });
}
