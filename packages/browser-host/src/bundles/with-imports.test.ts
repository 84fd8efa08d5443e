import type { Calibration, Catalog } from '@terrace/core';
import { exampleCalibration } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import type { Import } from './imports.js';
import { tinyBundle, type Tiny } from './testing/tiny-bundle.js';
import { emptyCatalog, isCovered, withImports } from './with-imports.js';

function imported(tiny?: Tiny): Import {
  const { catalog, files } = tinyBundle(tiny).manifest;
  return { catalog, files, seal: { format: 1, sha256: catalog.revision }, trustedKeys: [] };
}

const calibrationOf =
  (...catalogs: readonly Catalog[]) =>
  async ({ sha256 }: { sha256: string }): Promise<Calibration | undefined> => {
    const its = catalogs.find(({ domains }) => domains[0]?.calibration?.sha256 === sha256);
    return its && exampleCalibration(its);
  };

describe('imports over the catalog of a server', () => {
  it('are nothing where there are none', async () => {
    const own = tinyBundle().manifest.catalog;
    expect(await withImports(own, [], calibrationOf())).toMatchObject({ catalog: own, files: [] });
  });

  it('make the catalog of a device without a server', async () => {
    const one = imported();
    const { catalog, files, uncalibrated } = await withImports(emptyCatalog(), [one], calibrationOf(one.catalog));
    expect(catalog.revision).toBe(one.catalog.revision);
    expect(files.toSorted()).toEqual(one.files.map(({ sha256 }) => sha256).toSorted());
    expect(uncalibrated).toEqual([]);
  });

  it('go by the name of the server where it has the same content', async () => {
    const own = tinyBundle({ id: 'server', seed: 40 }).manifest.catalog;
    const one = imported();
    const { catalog, files } = await withImports(own, [one], calibrationOf(one.catalog, own));
    const tiny = catalog.models.find(({ id }) => id === 'tiny')!;
    expect(tiny.tokenizer.path).toBe('models/server/tokenizer.json');
    expect(files).not.toContain(tiny.tokenizer.sha256);
    expect(tiny.variants[0]!.weights.path).toBe('models/tiny/model.onnx');
  });

  it('lose a calibration that was made with something else', async () => {
    const [older, newer] = [imported(), imported({ seed: 9 })];
    const { domains: _, ...rest } = newer.catalog;
    const uncalibratedNewer: Import = {
      ...newer,
      catalog: { ...rest, domains: newer.catalog.domains.map(({ calibration: __, ...domain }) => domain) },
    };
    const merged = await withImports(emptyCatalog(), [older, uncalibratedNewer], calibrationOf(older.catalog));
    expect(merged.catalog.domains[0]).not.toHaveProperty('calibration');
    const stale: Import = {
      ...newer,
      catalog: { ...newer.catalog, domains: older.catalog.domains },
    };
    const again = await withImports(emptyCatalog(), [older, stale], calibrationOf(older.catalog));
    expect(again.uncalibrated).toEqual(['bank']);
    expect(again.catalog.domains[0]).not.toHaveProperty('calibration');
  });

  it('are forgotten when a later one brings all of their names', async () => {
    const [older, other, newer] = [imported(), imported({ id: 'other', seed: 5 }), imported({ seed: 9 })];
    const { bundles } = await withImports(emptyCatalog(), [older, other, newer], calibrationOf(newer.catalog));
    expect(bundles).toEqual([other, newer]);
  });
});

describe('a bundle is covered by a catalog', () => {
  it('that has all of it, and by no other', () => {
    const { catalog } = tinyBundle().manifest;
    expect(isCovered(catalog, catalog)).toBe(true);
    expect(isCovered(catalog, emptyCatalog())).toBe(false);
    expect(isCovered(catalog, tinyBundle({ seed: 9 }).manifest.catalog)).toBe(false);
    expect(isCovered(catalog, { ...catalog, domains: [] })).toBe(false);
  });
});
