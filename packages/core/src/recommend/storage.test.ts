import { describe, expect, it } from 'vitest';
import { candidateTiers, variantNameOf } from '../catalog/tier.js';
import type { ModelStore } from '../ports/model-store.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import { parseRequest, requirementsOf } from '../request/parse-request.js';
import { createFakeStore, exampleCalibration, exampleCatalog, exampleProfile, fakeFile } from '../testing/index.js';
import { recommend, type Recommendation } from './recommend.js';
import { bytesToFetch } from './storage.js';

const MiB = 2 ** 20;
const catalog = exampleCatalog();
const WEIGHTS = 'base/int8.onnx';

function recommended(
  store: Pick<ModelStore, 'presence'> | undefined,
  freeBytes = 1024 * MiB,
  changes: Partial<DeviceProfile> = {},
  of = catalog,
): Recommendation {
  const requirements = requirementsOf(parseRequest({ text: 'x', domain: 'bank' }));
  return recommend({
    requirements,
    profile: exampleProfile({ storage: { freeBytes, reserveBytes: 256 * MiB }, ...changes }),
    catalog: of,
    calibration: exampleCalibration(of),
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    failed: new Set(),
    presence: store?.presence,
  });
}

const ids = ({ ranked }: Recommendation): string[] => ranked.map(({ tier }) => tier.id);

describe('a tier whose files are not here', () => {
  it.each([[WEIGHTS], ['bank/base/head.safetensors']])('is left out when nothing says where %s is', (file) => {
    const result = recommended(createFakeStore({ missing: [file] }));
    expect(ids(result)).toEqual(['nano']);
    expect(result.rejected).toMatchObject([{ tier: 'base', variant: 'int8', code: 'storage' }]);
    expect(result.rejected[0]!.message).toContain(file);
  });

  it('is used when they can be fetched, and its first load takes as long as the download', () => {
    const here = recommended(createFakeStore());
    const far = recommended(createFakeStore({ fetchable: [WEIGHTS] }));
    expect(ids(far)).toEqual(['nano', 'base']);
    const loadMs = (result: Recommendation): number => result.ranked[1]!.estimate.loadMs;
    // A MiB at a thousand bytes a millisecond.
    expect(loadMs(far) - loadMs(here)).toBeCloseTo(MiB / 1000, 6);
    expect(far.ranked[0]!.estimate).toEqual(here.ranked[0]!.estimate);
  });

  it('gives its place to one that is here while there is no network', () => {
    const store = createFakeStore({ fetchable: ['nano/int8.onnx'] });
    const ladder = ({ ladder: rungs }: Recommendation): string[] => rungs.map(({ tier }) => tier.id);
    expect(ladder(recommended(store))).toEqual(['nano', 'base']);
    const offline = recommended(store, undefined, { network: 'offline' });
    expect(ladder(offline)).toEqual(['base']);
    expect(offline.rejected).toMatchObject([{ tier: 'nano', code: 'unreachable' }]);
    expect(offline.rejected[0]!.message).toContain('not on this device');
  });

  it('comes behind another variant that is here while there is no network: what embeds takes the first', () => {
    const [nano, base] = catalog.models;
    const q4 = { ...base!.variants[0]!, dtype: 'q4' as const, weights: fakeFile('base/q4.onnx', MiB) };
    const both = exampleCatalog({ models: [nano!, { ...base!, variants: [...base!.variants, q4] }] });
    const store = createFakeStore({ fetchable: [WEIGHTS] });
    const variants = ({ fitting }: Recommendation): string[] =>
      fitting.flatMap(({ tier }) => (tier.id === 'base' ? [variantNameOf(tier)] : []));
    expect(variants(recommended(store, undefined, {}, both))).toEqual(['int8', 'q4']);
    expect(variants(recommended(store, undefined, { network: 'offline' }, both))).toEqual(['q4', 'int8']);
    expect(variants(recommended(createFakeStore(), undefined, { network: 'offline' }, both))).toEqual(['int8', 'q4']);
  });

  it('stays where nothing that is here stands as high: its server may be this machine', () => {
    const offline = recommended(createFakeStore({ fetchable: [WEIGHTS] }), undefined, { network: 'offline' });
    expect(offline.ladder.map(({ tier }) => tier.id)).toEqual(['nano', 'base']);
    const nothing = createFakeStore({ fetchable: [WEIGHTS, 'nano/int8.onnx'] });
    expect(ids(recommended(nothing, undefined, { network: 'offline' }))).toEqual(['nano', 'base']);
  });

  it('is left out when the disk has no room for them above its reserve', () => {
    const store = createFakeStore({ fetchable: [WEIGHTS] });
    expect(ids(recommended(store, 257 * MiB))).toEqual(['nano', 'base']);
    const result = recommended(store, 257 * MiB - 1);
    expect(ids(result)).toEqual(['nano']);
    expect(result.rejected).toMatchObject([{ tier: 'base', code: 'storage' }]);
    expect(result.rejected[0]!.message).toMatch(/1\.0 MiB must be downloaded.*reserve of 256 MiB/);
  });

  it('field bug 14: is used in a browser that may store nothing more: it runs from memory', () => {
    const store = createFakeStore({ fetchable: [WEIGHTS] });
    expect(ids(recommended(store, 0, { host: 'browser' }))).toEqual(['nano', 'base']);
  });

  it('does not matter to a tier that is whole on a full disk', () => {
    expect(ids(recommended(createFakeStore(), 0))).toEqual(['nano', 'base']);
  });

  it('counts every file of the tier that is still to come', () => {
    const bank = { task: 'text-classification', domain: 'bank', subDomain: undefined } as const;
    const [nano] = candidateTiers(catalog, bank).filter((tier) => tier.kind === 'local');
    expect(bytesToFetch(nano!, () => 'fetchable')).toBe(MiB + 1000 + 1000);
    expect(bytesToFetch(nano!, () => 'here')).toBe(0);
  });
});
