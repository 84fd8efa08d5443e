import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CalibrationMismatchError } from '../errors/calibration-mismatch-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import { variantNameOf } from '../catalog/tier.js';
import { parseRequest, requirementsOf, type RequestInput } from '../request/parse-request.js';
import {
  exampleBase,
  exampleCalibration,
  exampleCatalog,
  exampleDelta,
  exampleLadder,
  exampleModel,
  exampleNano,
  exampleProfile,
  fakeFile,
} from '../testing/index.js';
import { RUNTIME_BYTES } from './predict.js';
import { recommend, type RecommendInput, type Recommendation } from './recommend.js';

const MiB = 2 ** 20;

const demand = (changes: Partial<RequestInput> = {}): RecommendInput['requirements'] => {
  const requirements = requirementsOf(parseRequest({ text: 'x', domain: 'bank', ...changes }));
  return requirements;
};
const recommended = (changes: Partial<RecommendInput> = {}): Recommendation => {
  const catalog = changes.catalog ?? exampleCatalog();
  return recommend({
    requirements: demand(),
    profile: exampleProfile(),
    catalog,
    calibration: exampleCalibration(catalog),
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    failed: new Set(),
    ...changes,
  });
};
const ids = (tiers: Recommendation['ladder']): string[] => tiers.map(({ tier }) => tier.id);
const codeOf = (tier: string, { rejected }: Recommendation): string | undefined =>
  rejected.find((each) => each.tier === tier)?.code;
const memory = (usableBytes: number) => ({ totalBytes: 4096 * MiB, usableBytes, basis: 'cgroup limit' });

const small = exampleModel({ id: 'small', layers: 3, flopsPerToken: 10_000_000 });
const three = exampleCatalog({ models: [exampleNano(), small, exampleBase()] });

describe('recommend', () => {
  it('gives the ladder whose calibration is the most accurate, lightest first', () => {
    const result = recommended();
    expect(ids(result.ladder)).toEqual(['nano', 'base']);
    expect(result.calibration?.tiers).toEqual(['nano', 'base']);
    expect(ids(result.ranked)).toEqual(['nano', 'base']);
    expect(result.rejected).toEqual([]);
    const [nano, base] = result.ladder.map(({ estimate }) => estimate.latencyMs);
    expect(result.meanMs).toBeCloseTo(nano! + base! / 2, 9);
  });

  it('gives the cheapest of ladders that are about as accurate, and names the rung that only adds time', () => {
    const ladders = [
      exampleLadder(['nano'], { operating: { accuracy: 0.9, calls: [1] } }),
      exampleLadder(['nano', 'base'], { operating: { accuracy: 0.95, calls: [1, 0.2] } }),
      exampleLadder(['nano', 'small', 'base'], { operating: { accuracy: 0.953, calls: [1, 0.9, 0.2] } }),
    ];
    const result = recommended({ catalog: three, calibration: exampleCalibration(three, ladders) });
    expect(ids(result.ladder)).toEqual(['nano', 'base']);
    expect(codeOf('small', result)).toBe('dominated');
    expect(result.rejected[0]!.message).toMatch(/takes .* ms a request instead of .* ms for 0\.3 points of accuracy/);
  });

  it('drops even the lightest rung where measurement shows that it only adds time', () => {
    const ladders = [
      exampleLadder(['base'], { operating: { accuracy: 0.95, calls: [1] } }),
      exampleLadder(['nano', 'base'], { operating: { accuracy: 0.95, calls: [1, 1] } }),
    ];
    const catalog = exampleCatalog();
    const result = recommended({ catalog, calibration: exampleCalibration(catalog, ladders) });
    expect(ids(result.ladder)).toEqual(['base']);
    expect(codeOf('nano', result)).toBe('dominated');
  });

  it('uses every rung that fits, in order, where no calibration says what they are worth', () => {
    const result = recommended({ catalog: three, calibration: undefined });
    expect(ids(result.ladder)).toEqual(['nano', 'small', 'base']);
    expect(result.calibration).toBeUndefined();
  });

  it('leaves out a tier that the calibration does not know, by name', () => {
    const two = exampleCalibration(exampleCatalog());
    const result = recommended({ catalog: three, calibration: two });
    expect(ids(result.ladder)).toEqual(['nano', 'base']);
    expect(codeOf('small', result)).toBe('uncalibrated');
  });

  it('counts the memory of all rungs together', () => {
    const { ladder } = recommended();
    const together = ladder.reduce((sum, { estimate }) => sum + estimate.memoryBytes, 0);
    const needed = together + RUNTIME_BYTES;
    expect(ids(recommended({ profile: exampleProfile({ memory: memory(needed) }) }).ladder)).toEqual(['nano', 'base']);
    const tight = recommended({ profile: exampleProfile({ memory: memory(needed - 1) }) });
    expect(tight.ladder).toHaveLength(1);
    expect(tight.ranked).toHaveLength(2);
    expect(tight.rejected.map(({ code }) => code)).toEqual(['memory']);
  });

  it('counts memory of loaded models as theirs, and keeps to the ceiling of the user', () => {
    const profile = exampleProfile({ memory: memory(1) });
    expect(ids(recommended({ profile, loadedBytes: 500 * MiB }).ladder)).toEqual(['nano', 'base']);
    const refused = (): unknown => recommended({ profile, loadedBytes: 500 * MiB, memoryCeilingBytes: MiB });
    expect(refused).toThrow(NoTierFitsError);
  });

  it('believes the numbers of this device from twenty runs on', () => {
    const variantId = exampleBase().variants[0]!.weights.sha256;
    const own = { variantId, p50Ms: 77, p95Ms: 99, peakMemoryBytes: 5 * MiB, loadMs: 12 };
    const estimateAfter = (runs: number) =>
      recommended({ statistics: [{ ...own, runs }] }).ladder.find(({ tier }) => tier.id === 'base')!.estimate;
    expect(estimateAfter(20)).toMatchObject({
      latencyMs: 77,
      p95Ms: 99,
      memoryBytes: 5 * MiB,
      loadMs: 12,
      basis: 'measured',
    });
    expect(estimateAfter(19)).toMatchObject({ memoryBytes: 5 * MiB, loadMs: 12, basis: 'predicted' });
    expect(estimateAfter(19).latencyMs).not.toBe(77);
  });

  it('gives the same answer to the same question', () => {
    expect(recommended({ catalog: three })).toEqual(recommended({ catalog: three }));
  });
});

describe('variants of one model', () => {
  const base = exampleBase();
  const q4 = { dtype: 'q4', providers: ['cpu'], weights: fakeFile('base/q4.onnx', MiB) } as const;
  const both = { ...base, variants: [...base.variants, { ...q4, providers: [...q4.providers] }] };
  const catalog = exampleCatalog({ models: [exampleNano(), both] });
  const slowInt8 = exampleProfile({
    providers: [{ id: 'cpu', gflops: { fp32: 20, int8: 4, q4: 40 }, gigabytesPerSecond: 10, overheadMs: 0.01 }],
  });
  const variants = ({ ladder, rejected }: Recommendation) => [
    ladder.flatMap(({ tier }) => (tier.id === 'base' ? [variantNameOf(tier)] : []))[0],
    rejected.map(({ variant, code }) => `${variant} ${code}`),
  ];

  it('compete, and the fastest is used', () => {
    expect(variants(recommended({ catalog, calibration: undefined }))).toEqual(['int8', ['q4 dominated']]);
    const { fitting } = recommended({ catalog, calibration: undefined, profile: slowInt8 });
    expect(fitting.map(({ tier }) => variantNameOf(tier))).toEqual(['int8', 'int8', 'q4']);
    expect(variants(recommended({ catalog, calibration: undefined, profile: slowInt8 }))).toEqual([
      'q4',
      ['int8 dominated'],
    ]);
  });

  it('give way to the one the calibration was made with: its certificate covers no other', () => {
    const result = recommended({ catalog, profile: slowInt8 });
    expect(variants(result)).toEqual(['int8', ['q4 dominated']]);
    expect(result.rejected[0]!.message).toContain('calibrated');
  });

  it('do not use the calibration of another variant', () => {
    const int8TooLarge = {
      ...both,
      variants: [
        { ...both.variants[0]!, weights: { ...both.variants[0]!.weights, bytes: 4096 * MiB } },
        both.variants[1]!,
      ],
    };
    const result = recommended({ catalog: exampleCatalog({ models: [exampleNano(), int8TooLarge] }) });
    expect(ids(result.ladder)).toEqual(['nano']);
    expect(result.rejected.map(({ variant, code }) => `${variant} ${code}`)).toEqual([
      'int8 memory',
      'q4 uncalibrated',
    ]);
  });
});

describe('a tier is rejected', () => {
  const codesWith = (changes: Partial<RecommendInput>): Record<string, string | undefined> => {
    const result = recommended({ calibration: undefined, ...changes });
    return Object.fromEntries(['nano', 'base'].map((id) => [id, codeOf(id, result)]));
  };
  const baseIs = (code: string) => ({ nano: undefined, base: code });
  const withBase = (changes: object) => exampleCatalog({ models: [exampleNano(), { ...exampleBase(), ...changes }] });
  const heavy = { flopsPerToken: 4e9 };

  it('for memory it would not get', () => {
    const big = { variants: [{ dtype: 'int8' as const, providers: ['cpu'], weights: fakeFile('big', 4096 * MiB) }] };
    expect(codesWith({ catalog: withBase(big) })).toEqual(baseIs('memory'));
  });

  it('for a provider the device does not have', () => {
    const gpu = { variants: [{ dtype: 'fp16' as const, providers: ['webgpu'], weights: fakeFile('gpu') }] };
    expect(codesWith({ catalog: withBase(gpu) })).toEqual(baseIs('provider'));
  });

  it('for 16-bit floats that the shaders of the device do not have', () => {
    const f16 = { variants: [{ dtype: 'q4f16' as const, providers: ['webgpu'], weights: fakeFile('f16') }] };
    const [cpu] = exampleProfile().providers;
    const withGpu = (shaderF16: boolean) => exampleProfile({ providers: [cpu!, { ...cpu!, id: 'webgpu', shaderF16 }] });
    expect(codesWith({ catalog: withBase(f16), profile: withGpu(false) })).toEqual(baseIs('provider'));
    expect(codesWith({ catalog: withBase(f16), profile: withGpu(true) })).toEqual({ nano: undefined, base: undefined });
  });

  it('for its energy when the battery is low, and only then', () => {
    const battery = (batteryLevel: number) => exampleProfile({ power: { source: 'battery', batteryLevel } });
    expect(codesWith({ catalog: withBase(heavy), profile: battery(0.19) })).toEqual(baseIs('power'));
    expect(codesWith({ catalog: withBase(heavy), profile: battery(0.2) })).toEqual({
      nano: undefined,
      base: undefined,
    });
  });

  it('for its energy when the device is too hot', () => {
    expect(codesWith({ catalog: withBase(heavy), profile: exampleProfile({ thermal: 'throttled' }) })).toEqual(
      baseIs('thermal'),
    );
  });

  it('for being further out than the text may travel', () => {
    const catalog = withBase({ placement: 'site' });
    expect(codesWith({ catalog, requirements: demand({ residency: 'device' }) })).toEqual(baseIs('residency'));
    expect(codesWith({ catalog, requirements: demand({ residency: 'site' }) })).toEqual({
      nano: undefined,
      base: undefined,
    });
  });

  it('for taking longer than the deadline', () => {
    expect(codesWith({ requirements: demand({ deadlineMs: 2 }) })).toEqual(baseIs('deadline'));
  });

  it('for a delta that was made for other weights', () => {
    const models = [exampleNano(), exampleBase()];
    const other = exampleDelta(models[1]!, { base: { id: 'base', files: { int8: 'f'.repeat(64) } } });
    expect(codesWith({ catalog: exampleCatalog({ models, deltas: [exampleDelta(models[0]!), other] }) })).toEqual(
      baseIs('delta'),
    );
  });

  it('for a policy that asks for another alone', () => {
    const result = recommended({ requirements: demand({ policy: 'base' }) });
    expect(ids(result.ladder)).toEqual(['base']);
    expect(codeOf('nano', result)).toBe('policy');
  });

  it('for having failed a moment ago', () => {
    expect(codesWith({ failed: new Set(['base']) })).toEqual(baseIs('failed'));
  });
});

describe('recommend refuses', () => {
  it('with every reason when no tier fits', () => {
    const nothing = (): unknown => recommended({ profile: exampleProfile({ memory: memory(0) }) });
    expect(nothing).toThrow(NoTierFitsError);
    expect(nothing).toThrow(/nano int8: it needs .* MiB; 0\.0 MiB may be used \(cgroup limit.*\); base int8: it needs/);
  });

  it('a domain or a sub-domain that is not there', () => {
    expect(() => recommended({ requirements: demand({ domain: 'zoo' }) })).toThrow(UnknownDomainError);
    expect(() => recommended({ requirements: demand({ subDomain: 'loans' }) })).toThrow(UnknownDomainError);
  });

  it('a policy that is neither cascade nor a tier, and names those there are', () => {
    const asked = (): unknown => recommended({ requirements: demand({ policy: 'huge' }) });
    expect(asked).toThrow(InvalidRequestError);
    expect(asked).toThrow(expect.objectContaining({ hint: 'Use "cascade" or one of: nano, base.' }) as Error);
  });

  it('a task that nothing in the catalog does without a domain, and names the domains', () => {
    const asked = (): unknown => recommended({ requirements: demand({ domain: undefined }), calibration: undefined });
    expect(asked).toThrow(InvalidRequestError);
    expect(asked).toThrow(expect.objectContaining({ hint: expect.stringContaining('bank') as string }) as Error);
  });

  it('a domain that no model has a delta for', () => {
    expect(() => recommended({ catalog: exampleCatalog({ deltas: [] }), calibration: undefined })).toThrow(
      NoTierFitsError,
    );
  });

  it('a calibration that was made with another delta', () => {
    const models = [exampleNano(), exampleBase()];
    const deltas = models.map((model) => exampleDelta(model, { contentId: 'e'.repeat(64) }));
    const calibration = exampleCalibration(exampleCatalog());
    expect(() => recommended({ catalog: exampleCatalog({ models, deltas }), calibration })).toThrow(
      CalibrationMismatchError,
    );
  });
});

describe('whatever the device and the request', () => {
  const situation = fc.record({
    usableMiB: fc.nat(300),
    ceilingMiB: fc.option(fc.nat(300), { nil: undefined }),
    loadedMiB: fc.nat(50),
    deadlineMs: fc.option(fc.double({ min: 0.01, max: 30, noNaN: true }), { nil: undefined }),
    residency: fc.constantFrom('device', 'site', 'cloud'),
    policy: fc.constantFrom('cascade', 'nano', 'base'),
    placement: fc.constantFrom('device', 'site'),
    battery: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    gflops: fc.double({ min: 0.5, max: 100, noNaN: true }),
    failed: fc.subarray(['nano', 'small', 'base']),
    isCalibrated: fc.boolean(),
  });

  it('recommended tiers keep to every limit, and every other tier has its reason', () => {
    fc.assert(
      fc.property(situation, (at) => {
        const models = [exampleNano(), small, { ...exampleBase(), placement: at.placement }];
        const catalog = exampleCatalog({ models });
        const { deadlineMs, residency, policy, gflops } = at;
        const power =
          at.battery === undefined
            ? ({ source: 'mains' } as const)
            : ({ source: 'battery', batteryLevel: at.battery } as const);
        const providers = [
          { id: 'cpu', gflops: { fp32: gflops, int8: gflops, q4: gflops }, gigabytesPerSecond: 10, overheadMs: 0.01 },
        ];
        try {
          const { ladder, ranked, rejected } = recommended({
            catalog,
            requirements: demand({ residency, policy, ...(deadlineMs !== undefined && { deadlineMs }) }),
            profile: exampleProfile({ memory: memory(at.usableMiB * MiB), power, providers }),
            loadedBytes: at.loadedMiB * MiB,
            memoryCeilingBytes: at.ceilingMiB === undefined ? undefined : at.ceilingMiB * MiB,
            failed: new Set(at.failed),
            calibration: at.isCalibrated ? exampleCalibration(catalog) : undefined,
          });
          const bytes = ladder.reduce((sum, { estimate }) => sum + estimate.memoryBytes, 0);
          expect(bytes).toBeLessThanOrEqual(
            Math.min((at.usableMiB + at.loadedMiB) * MiB, (at.ceilingMiB ?? Infinity) * MiB),
          );
          expect(ladder.length).toBeGreaterThan(0);
          for (const { tier, estimate } of ranked) {
            expect(estimate.latencyMs).toBeLessThanOrEqual(deadlineMs ?? Infinity);
            expect(residency !== 'device' || tier.placement === 'device').toBe(true);
            expect(at.failed).not.toContain(tier.id);
            expect(['cascade', tier.id]).toContain(policy);
          }
          const mentioned = [...ids(ladder), ...rejected.map(({ tier }) => tier)];
          expect(mentioned.toSorted()).toEqual(['base', 'nano', 'small']);
        } catch (error) {
          if (!NoTierFitsError.isInstance(error)) throw error;
        }
      }),
    );
  });
});

describe('a provider that answered wrongly', () => {
  const both = exampleModel({
    id: 'base',
    variants: [{ dtype: 'fp32', providers: ['cpu', 'cuda'], weights: fakeFile('base/fp32.onnx', MiB) }],
  });
  const [cpu] = exampleProfile().providers;
  const cuda = { ...cpu!, id: 'cuda', gflops: { fp32: 9000, int8: 9000, q4: 9000 }, gigabytesPerSecond: 900 };
  const profile = exampleProfile({ providers: [cpu!, cuda] });
  const demote = (provider: string) => ({
    kind: 'wrong' as const,
    variantId: both.variants[0]!.weights.sha256,
    provider,
    reason: 'its mean cosine is 0.2',
  });
  const asked = (...providers: string[]): Recommendation =>
    recommended({
      catalog: exampleCatalog({ models: [exampleNano(), both] }),
      calibration: undefined,
      profile,
      demoted: providers.map(demote),
    });
  const providerOf = (tier: string, { ranked }: Recommendation): string | undefined =>
    ranked.find((each) => each.tier.id === tier)?.estimate.provider;

  it('is used while nothing is known against it', () => {
    expect(providerOf('base', asked())).toBe('cuda');
  });

  it('is passed over for the next one', () => {
    expect(providerOf('base', asked('cuda'))).toBe('cpu');
  });

  it('leaves the variant out with its reason when it was the last one, and other variants alone', () => {
    const result = asked('cuda', 'cpu');
    expect(ids(result.ranked)).toEqual(['nano']);
    expect(result.rejected).toContainEqual({
      tier: 'base',
      variant: 'fp32',
      code: 'untrusted',
      message: 'it answers wrongly here (cuda: its mean cosine is 0.2; cpu: its mean cosine is 0.2)',
    });
  });
});
