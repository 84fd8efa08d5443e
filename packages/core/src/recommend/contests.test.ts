import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Calibration } from '../catalog/calibration.js';
import { parseRequest, requirementsOf } from '../request/parse-request.js';
import {
  exampleBrowserBase,
  exampleBrowserProfile,
  exampleCalibration,
  exampleCatalog,
  exampleModel,
  fakeFile,
} from '../testing/index.js';
import { hasLostRace } from './contests.js';
import type { Measurement } from './reasons.js';
import { recommend, type RecommendInput, type Recommendation } from './recommend.js';

const base = exampleBrowserBase();
const [int8, q4] = base.variants.map(({ weights }) => weights.sha256) as [string, string];
const nano = exampleModel({
  id: 'nano',
  layers: 0,
  hidden: 256,
  flopsPerToken: 256,
  variants: [{ dtype: 'q4', providers: ['wasm', 'webgpu'], weights: fakeFile('nano/q4.onnx') }],
});
const catalog = exampleCatalog({ models: [nano, base] });
const [wasm, webgpu] = exampleBrowserProfile().providers as [Provider, Provider];
type Provider = RecommendInput['profile']['providers'][number];

const took = (variantId: string, provider: string, runMs: number): Measurement => ({ variantId, provider, runMs });

const inBank = () => requirementsOf(parseRequest({ text: 'x', domain: 'bank' }));

function recommended(changes: Partial<RecommendInput> = {}): Recommendation {
  return recommend({
    requirements: requirementsOf(parseRequest({ text: 'x', task: 'feature-extraction' })),
    profile: exampleBrowserProfile(),
    catalog,
    calibration: undefined,
    statistics: [],
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    failed: new Set(),
    ...changes,
  });
}

/** Pairs of a recommendation, in words. */
const used = ({ ladder }: Recommendation): string[] =>
  ladder.map(({ tier, estimate }) =>
    tier.kind === 'local' ? `${tier.id} ${tier.variant.dtype} ${estimate.provider}` : tier.id,
  );
const raced = ({ contests }: Recommendation): string[] =>
  contests.flatMap(({ inUse, challengers }) =>
    challengers.map(({ tier, estimate }) => `${inUse.tier.id}: ${tier.variant.dtype} ${estimate.provider}`),
  );

describe('a browser with two providers', () => {
  it('begins with the reference provider, and has the other raced where it might win', () => {
    const result = recommended();
    expect(used(result)).toEqual(['nano q4 wasm', 'base int8 wasm']);
    expect(raced(result)).toEqual(['base: q4 webgpu']);
  });

  it('FIELD-BUG 2: begins with another provider only where that is predicted several times faster', () => {
    const heavy = exampleModel({
      id: 'base',
      flopsPerToken: 4e9,
      layers: 1,
      variants: [{ dtype: 'q4', providers: ['wasm', 'webgpu'], weights: fakeFile('heavy') }],
    });
    expect(used(recommended({ catalog: exampleCatalog({ models: [heavy] }) }))).toEqual(['base q4 webgpu']);
  });

  it('uses what a race has shown to be faster, whatever was predicted', () => {
    const slow = [took(int8, 'wasm', 8), took(q4, 'webgpu', 9)];
    expect(used(recommended({ measured: slow }))[1]).toBe('base int8 wasm');
    const fast = recommended({ measured: [took(int8, 'wasm', 8), took(q4, 'webgpu', 3)] });
    expect(used(fast)[1]).toBe('base q4 webgpu');
    expect(fast.ladder[1]!.estimate).toMatchObject({ latencyMs: 3, p95Ms: 6, basis: 'measured' });
    expect(fast.rejected).toContainEqual(
      expect.objectContaining({ variant: 'int8', code: 'dominated', message: 'q4 of the same model is faster here' }),
    );
  });

  it('races nothing a second time', () => {
    expect(raced(recommended({ measured: [took(int8, 'wasm', 8), took(q4, 'webgpu', 8000)] }))).toEqual([]);
  });

  it('does not believe runs that may have been of the other provider, but memory and loads', () => {
    const own = { runs: 500, p50Ms: 77, p95Ms: 99, peakMemoryBytes: 5 * 2 ** 20, loadMs: 12 };
    const estimates = recommended({
      statistics: [
        { variantId: nano.variants[0]!.weights.sha256, ...own },
        { variantId: int8, ...own },
      ],
      measured: [took(int8, 'wasm', 8)],
    }).ladder.map(({ estimate }) => estimate);
    expect(estimates[0]).toMatchObject({ memoryBytes: 5 * 2 ** 20, loadMs: 12, basis: 'predicted' });
    expect(estimates[0]!.latencyMs).not.toBe(77);
    // Only wasm runs it.
    expect(estimates[1]).toMatchObject({ latencyMs: 77, basis: 'measured' });
  });

  it('compares by one set of texts, though requests took longer', () => {
    const statistics = [
      { variantId: int8, runs: 500, p50Ms: 77, p95Ms: 99, peakMemoryBytes: undefined, loadMs: undefined },
    ];
    const measured = [took(int8, 'wasm', 8), took(q4, 'webgpu', 9)];
    expect(used(recommended({ statistics, measured }))[1]).toBe('base int8 wasm');
  });

  it('does not race a provider whose cheapest run takes longer than what there is', () => {
    const withOverhead = (overheadMs: number): string[] =>
      raced(recommended({ profile: exampleBrowserProfile({ providers: [wasm, { ...webgpu, overheadMs }] }) }));
    expect(withOverhead(0.1)).toContain('nano: q4 webgpu');
    expect(withOverhead(0.8)).not.toContain('nano: q4 webgpu');
    expect(withOverhead(100)).toEqual([]);
  });

  it('does not give up the variant that was calibrated, nor race others against it', () => {
    const calibration = exampleCalibration(catalog);
    const result = recommended({
      requirements: inBank(),
      calibration,
      measured: [took(int8, 'wasm', 8), took(q4, 'webgpu', 1)],
    });
    expect(used(result)[1]).toBe('base int8 wasm');
    expect(raced(recommended({ requirements: inBank(), calibration }))).toEqual([]);
  });

  it('passes over a demoted provider for a race and for use', () => {
    const demoted = [{ kind: 'wrong', variantId: q4, provider: 'webgpu', reason: 'its mean cosine is 0.2' }] as const;
    const result = recommended({ demoted, measured: [took(int8, 'wasm', 8)] });
    expect([used(result)[1], raced(result)]).toEqual(['base int8 wasm', []]);
  });

  it.each([
    ['to save data', { connection: { saveData: true } }],
    ['to be offline', { network: 'offline' as const }],
  ])('does not fetch a challenger for a device that is said %s', (_, changes) => {
    const profile = exampleBrowserProfile(changes);
    const presence = ({ path }: { path: string }) => (path === 'base/q4.onnx' ? 'fetchable' : 'here');
    expect(raced(recommended({ profile, presence }))).toEqual([]);
    expect(raced(recommended({ profile }))).toEqual(['base: q4 webgpu']);
    expect(raced(recommended({ presence }))).toEqual(['base: q4 webgpu']);
  });
});

describe('a device with one provider', () => {
  const profile = exampleBrowserProfile({ providers: [wasm] });

  it('FIELD-BUG 2: goes on without the one that is missing, and races nothing', () => {
    const result = recommended({ profile });
    expect(used(result)).toEqual(['nano q4 wasm', 'base int8 wasm']);
    expect(result.contests).toEqual([]);
  });

  it('plans by formula and by its own runs, as if nothing had been measured', () => {
    const measured = [took(int8, 'wasm', 800), took(q4, 'wasm', 1)];
    expect(recommended({ profile, measured })).toEqual(recommended({ profile }));
  });
});

describe('what WebGPU does not offer rules a variant out before it is fetched', () => {
  const f16 = exampleModel({
    id: 'base',
    variants: [{ dtype: 'q4f16', providers: ['webgpu'], weights: fakeFile('base/q4f16.onnx', 2 ** 20) }],
  });
  const onGpu = exampleCatalog({ models: [nano, f16] });
  const gpu = {
    vendor: 'example',
    architecture: '',
    isSoftware: false,
    shaderF16: true,
    maxBufferBytes: 2 ** 30,
    maxStorageBufferBytes: 2 ** 27,
  };
  const f16Profile = (changes: Partial<typeof gpu> = {}) =>
    exampleBrowserProfile({
      providers: [wasm, { ...webgpu, shaderF16: true }],
      gpu: { ...gpu, ...changes },
    });
  const whyNot = (changes: Partial<RecommendInput>): string | undefined =>
    recommended({ catalog: onGpu, ...changes }).rejected.find(({ tier }) => tier === 'base')?.message;

  it('FIELD-BUG 4: q4f16 without shader-f16', () => {
    expect(whyNot({})).toBe('it needs 16-bit floats in shaders (shader-f16), which webgpu does not offer here');
    expect(whyNot({ profile: f16Profile() })).toBeUndefined();
  });

  it('tensors that may be larger than its buffers', () => {
    expect(whyNot({ profile: f16Profile({ maxStorageBufferBytes: 2 ** 19 }) })).toBe(
      'one of its tensors may have 1.0 MiB, and webgpu takes 0.5 MiB at most here',
    );
    expect(
      whyNot({ profile: f16Profile({ maxBufferBytes: 2 ** 20, maxStorageBufferBytes: 2 ** 20 }) }),
    ).toBeUndefined();
  });

  it('a provider that is not there at all', () => {
    expect(whyNot({ profile: exampleBrowserProfile({ providers: [wasm] }) })).toBe(
      'it runs on webgpu; this device offers wasm',
    );
  });

  it('everything where no provider may be used, and says what is in the way', () => {
    const refusedProviders = [{ id: 'wasm', reason: 'the page may not compile it' }];
    const nothing = () => recommended({ profile: exampleBrowserProfile({ providers: [], refusedProviders }) });
    expect(nothing).toThrow('base int8: it runs on cpu, wasm; this device offers none;');
    const hint = 'No model can run on this device. wasm: the page may not compile it.';
    expect(nothing).toThrow(expect.objectContaining({ hint }) as Error);
  });

  it('one whose session was lost again and again, in those words', () => {
    const variantId = f16.variants[0]!.weights.sha256;
    const demoted = [{ kind: 'failing', variantId, provider: 'webgpu', reason: 'it was lost 3 times' }] as const;
    expect(whyNot({ profile: f16Profile(), demoted })).toBe('it does not work here (webgpu: it was lost 3 times)');
  });
});

describe('whatever was measured', () => {
  const pairs = [[int8, 'wasm'] as const, [q4, 'wasm'] as const, [q4, 'webgpu'] as const];
  const known = fc.subarray(pairs.map(([variantId, provider]) => ({ variantId, provider })));
  const situation = fc.record({
    known,
    demoted: fc.subarray(pairs.map(([variantId, provider]) => ({ variantId, provider }))),
    times: fc.array(fc.double({ min: 0.01, max: 10_000, noNaN: true }), { minLength: 3, maxLength: 3 }),
    calibrated: fc.constantFrom<Calibration | undefined>(undefined, exampleCalibration(catalog)),
  });

  it('the pair in use is not demoted, no slower than another that was measured, and races end', () => {
    fc.assert(
      fc.property(situation, ({ known: pairsKnown, demoted: bad, times, calibrated }) => {
        const demoted = bad.map((pair) => ({ kind: 'wrong' as const, ...pair, reason: '' }));
        const isBad = (one: { variantId: string; provider: string }): boolean =>
          bad.some(({ variantId, provider }) => variantId === one.variantId && provider === one.provider);
        let measured: Measurement[] = pairsKnown
          .filter((pair) => !isBad(pair))
          .map((pair, i) => ({ ...pair, runMs: times[i]! }));
        for (let races = 0; ; races++) {
          expect(races).toBeLessThan(3);
          const result = recommended({
            measured,
            demoted,
            calibration: calibrated,
            ...(calibrated && { requirements: inBank() }),
          });
          const rung = result.ladder.find(({ tier }) => tier.id === 'base');
          if (rung?.tier.kind !== 'local') return;
          const { variant } = rung.tier;
          const mine = { variantId: variant.weights.sha256, provider: rung.estimate.provider };
          expect(isBad(mine)).toBe(false);
          const standing = measured.filter(({ variantId }) => !calibrated || variantId === mine.variantId);
          const own = standing.find((each) => each.variantId === mine.variantId && each.provider === mine.provider);
          if (own) expect(own.runMs).toBe(Math.min(...standing.map(({ runMs }) => runMs)));
          const [contest] = result.contests.filter(({ inUse }) => inUse.tier.id === 'base');
          if (!contest) return;
          for (const { tier, estimate } of contest.challengers) {
            const pair = { variantId: tier.variant.weights.sha256, provider: estimate.provider };
            expect(isBad(pair)).toBe(false);
            expect(measured).not.toContainEqual(expect.objectContaining(pair));
            measured = [...measured, { ...pair, runMs: times[2]! }];
          }
        }
      }),
    );
  });
});

describe('hasLostRace', () => {
  const known = (...measured: Measurement[]) => ({ profile: exampleBrowserProfile(), measured });
  const onWasm = recommended().ladder;
  const onGpu = recommended({ measured: [took(int8, 'wasm', 8), took(q4, 'webgpu', 3)] }).ladder;

  it('holds for a variant that was measured to be slower than the proposed one', () => {
    expect(hasLostRace(onWasm, onGpu, known(took(int8, 'wasm', 8), took(q4, 'webgpu', 3)))).toBe(true);
  });

  it('holds for one that was chosen by a prediction, and was measured since to be slower than another is predicted', () => {
    const [wasmProvider, gpu] = exampleBrowserProfile().providers;
    const predicted = recommended({
      profile: exampleBrowserProfile({ providers: [{ ...wasmProvider!, overheadMs: 9 }, gpu!] }),
    });
    expect(used(predicted)[1]).toBe('base q4 webgpu');
    expect(hasLostRace(predicted.ladder, onWasm, known(took(q4, 'webgpu', 8000)))).toBe(true);
    expect(hasLostRace(predicted.ladder, onWasm, known(took(q4, 'webgpu', 1)))).toBe(false);
  });

  it('does not hold while only the other was measured, for the faster one, and for the same', () => {
    expect(hasLostRace(onWasm, onGpu, known(took(q4, 'webgpu', 3)))).toBe(false);
    expect(hasLostRace(onGpu, onWasm, known(took(q4, 'webgpu', 3)))).toBe(false);
    expect(hasLostRace(onGpu, onWasm, known(took(int8, 'wasm', 8), took(q4, 'webgpu', 3)))).toBe(false);
    expect(hasLostRace(onWasm, onWasm, known(took(int8, 'wasm', 8), took(q4, 'webgpu', 3)))).toBe(false);
  });
});
