import { describe, expect, it } from 'vitest';
import type { Model } from '../../catalog/schema.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { UnknownDomainError } from '../../errors/unknown-domain-error.js';
import { exampleCatalog, exampleModel, fakeFile } from '../../testing/example-catalog.js';
import { exampleEndpoint } from '../../testing/example-endpoint.js';
import { exampleProfile } from '../../testing/example-profile.js';
import { kvBytesOf } from './kv-bytes.js';
import { recommendText, type RecommendTextInput } from './recommend-text.js';
import type { TextRequirements } from './text-requirements.js';
import { textTiers } from './text-tiers.js';

const MIB = 2 ** 20;
const weights = fakeFile('tiny/q4.onnx', 98 * MIB);

/** As large as SmolLM2. */
function textModel(changes: Partial<Model> = {}): Model {
  return exampleModel({
    id: 'tiny',
    task: 'text-generation',
    interface: 'transformers',
    layers: 30,
    hidden: 576,
    features: 49_152,
    contextTokens: 8192,
    flopsPerToken: 269e6,
    text: { family: 'tiny', kvHeads: 3, headDim: 64, kvBytesPerElement: 4, endTokens: [2], maxRows: 8 },
    variants: [{ dtype: 'q4', providers: ['cpu', 'wasm', 'webgpu'], weights }],
    ...changes,
  });
}

const cloud = exampleEndpoint({
  id: 'cloud',
  placement: 'cloud',
  protocol: 'openai',
  url: 'https://cloud.example/v1',
  tasks: ['text-generation'],
  price: { currency: 'USD', usdPerUnit: 1, perCall: 0, perMillionInputTokens: 1, perMillionOutputTokens: 10 },
});
const site = exampleEndpoint({ id: 'near', protocol: 'openai', tasks: ['text-generation'] });

const requirements: TextRequirements = {
  domain: undefined,
  deadlineMs: undefined,
  maxCostUsd: undefined,
  residency: 'cloud',
  policy: 'cascade',
  promptTokens: 512,
  maxTokens: 256,
  n: 1,
};

function input(
  changes: Omit<Partial<RecommendTextInput>, 'requirements'> & { requirements?: Partial<TextRequirements> } = {},
): RecommendTextInput {
  const catalog = { ...exampleCatalog(), endpoints: [cloud, site] };
  return {
    catalog: { ...catalog, models: [...catalog.models, textModel()] },
    profile: exampleProfile(),
    statistics: [],
    speeds: new Map(),
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    calibration: undefined,
    canAsk: () => true,
    failed: new Set(),
    ...changes,
    requirements: { ...requirements, ...changes.requirements },
  };
}

const ids = (plan: { ladder: readonly { tier: { id: string } }[] }): string[] => plan.ladder.map(({ tier }) => tier.id);
const reasons = (changes: Parameters<typeof input>[0]): Record<string, string> =>
  Object.fromEntries(recommendText(input(changes)).rejected.map(({ tier, code }) => [tier, code]));

describe('a ladder of text tiers', () => {
  it('goes from the device to the site to the cloud, and knows nothing of encoders', () => {
    expect(ids(recommendText(input()))).toEqual(['tiny', 'near', 'cloud']);
  });

  it('costs what a prompt and an answer cost', () => {
    const { ladder } = recommendText(input());
    expect(ladder.map(({ estimate }) => estimate.costUsd)).toEqual([0, 0, (512 + 10 * 200) / 1e6]);
  });

  it.each([
    [{ requirements: { residency: 'device' as const } }, { near: 'residency', cloud: 'residency' }],
    [{ requirements: { maxCostUsd: 0.001 } }, { cloud: 'cost' }],
    [{ canAsk: () => false }, { near: 'unreachable', cloud: 'unreachable' }],
    [{ failed: new Set(['tiny']) }, { tiny: 'failed' }],
    [{ away: new Set(['near', 'cloud']) }, { near: 'unreachable', cloud: 'unreachable' }],
    [{ presence: () => 'missing' as const }, { tiny: 'storage' }],
    [{ requirements: { deadlineMs: 6000 } }, { tiny: 'deadline', near: 'deadline' }],
    [{ profile: exampleProfile({ power: { source: 'battery', batteryLevel: 0.1 } }) }, { tiny: 'power' }],
  ])('leaves out what %j rules out', (changes, expected) => {
    expect(reasons(changes)).toEqual(expected);
  });

  it('is none where nothing fits, and says what would help', () => {
    const alone = input({ presence: () => 'missing', canAsk: () => false });
    expect(() => recommendText(alone)).toThrow(NoTierFitsError);
    expect(() => recommendText(alone)).toThrow('tiny q4: tiny/q4.onnx is not here');
  });

  it('knows the domains that anything speaks of, and no others', () => {
    expect(ids(recommendText(input({ requirements: { domain: 'bank' } })))).toEqual(['tiny', 'near', 'cloud']);
    expect(() => recommendText(input({ requirements: { domain: 'moon' } }))).toThrow(UnknownDomainError);
  });

  it('is one tier where the policy names it', () => {
    expect(ids(recommendText(input({ requirements: { policy: 'cloud' } })))).toEqual(['cloud']);
    expect(() => recommendText(input({ requirements: { policy: 'nano' } }))).toThrow(InvalidRequestError);
  });

  it('leaves out what crawls in WebAssembly while anybody else answers', () => {
    const wasm = { id: 'wasm', gflops: { fp32: 28, int8: 53, q4: 6.5 }, gigabytesPerSecond: 10.6, overheadMs: 0.1 };
    const profile = exampleProfile({ host: 'browser', providers: [wasm] });
    const plan = recommendText(input({ profile }));
    expect(ids(plan)).toEqual(['near', 'cloud']);
    expect(plan.rejected).toMatchObject([
      { tier: 'tiny', code: 'dominated', message: expect.stringContaining('wasm') },
    ]);
    const offline = recommendText(input({ profile, away: new Set(['near', 'cloud']) }));
    expect(ids(offline)).toEqual(['tiny']);
    expect(offline.ladder[0]!.estimate.tokensPerSecond).toBeLessThan(1.3);
  });

  it('holds no weights twice, whatever they are called, and of a model its fastest variant', () => {
    const slow = { dtype: 'fp32' as const, providers: ['cpu'], weights: fakeFile('fp32.onnx', MIB) };
    const models = [textModel(), textModel({ id: 'copy' }), textModel({ id: 'tiny', variants: [slow] })];
    const plan = recommendText(input({ catalog: { ...exampleCatalog(), models }, canAsk: () => false }));
    expect(ids(plan)).toEqual(['tiny']);
    expect(plan.rejected.map(({ tier, variant, message }) => [tier, variant, message])).toEqual([
      ['copy', 'q4', 'tiny has the same weights'],
      ['tiny', 'fp32', 'another variant of the same model is faster here'],
    ]);
  });

  it('takes the speed that the device has shown', () => {
    const speeds = new Map([[weights.sha256, { prefillTokensPerSecond: 256, decodeTokensPerSecond: 50 }]]);
    const { ladder } = recommendText(input({ speeds }));
    expect(ladder[0]!.estimate).toMatchObject({ basis: 'measured', tokensPerSecond: 50, firstTokenMs: 2020 });
  });

  it('keeps what was calibrated of a variant apart from what was not', () => {
    const tier = {
      tier: 'tiny',
      variant: weights.sha256,
      accuracy: 0.7,
      firstTokens: 8,
      rows: { whole: [-1], early: [-1], right: [0] },
    };
    const whole = { features: [], intercept: 0, weights: [], means: [], spreads: [] };
    const calibration = { format: 1, kind: 'text', data: { fingerprint: weights.sha256, rows: 9 } } as const;
    const plan = (changes: object) =>
      recommendText(input({ calibration: { ...calibration, tiers: [{ ...tier, whole, ...changes }] } }));
    expect(plan({}).ladder.map((rung) => rung.calibration?.tier)).toEqual(['tiny', undefined, undefined]);
    expect(plan({ delta: weights.sha256 }).ladder[0]!.calibration).toBeUndefined();
  });
});

describe('memory of keys and values', () => {
  const PER_TOKEN = 46_080;
  const shape = textModel().text!;
  const withMemory = (usableBytes: number, changes: Partial<TextRequirements> = {}) =>
    recommendText(
      input({
        canAsk: () => false,
        requirements: changes,
        profile: exampleProfile({ memory: { totalBytes: 8e9, usableBytes, basis: 'free memory' } }),
      }),
    ).ladder[0]!.estimate;

  it('is two numbers a layer, head, value and token', () => {
    expect(kvBytesOf(shape, 30, 1, 1)).toBe(PER_TOKEN);
    expect(kvBytesOf(shape, 30, 8192, 8)).toBe(PER_TOKEN * 8192 * 8);
  });

  it('is that of all rows of the chat that is asked for, and one chat may have all of it', () => {
    expect(withMemory(4e9)).toMatchObject({ kvBytes: 8 * 1024 * PER_TOKEN, contextTokens: 8192 });
    expect(withMemory(8e9, { promptTokens: 4000 })).toMatchObject({ kvBytes: 8 * 4256 * PER_TOKEN });
  });

  it('is of fewer rows where there is less, then of a shorter context, and nothing below that', () => {
    const loaded = withMemory(4e9).memoryBytes - withMemory(4e9).kvBytes;
    const tight = withMemory(loaded + 32 * MIB + 3.5 * 1024 * PER_TOKEN);
    expect(tight).toMatchObject({ kvBytes: 3 * 1024 * PER_TOKEN, contextTokens: 3072 });
    const short = withMemory(loaded + 32 * MIB + 1500 * PER_TOKEN, { promptTokens: 6000 });
    expect(short.contextTokens).toBe(1500);
    expect(() => withMemory(loaded + 32 * MIB + 1000 * PER_TOKEN)).toThrow('keys and values of 1024 tokens');
  });

  it('refuses no model for a context that nobody could hold', () => {
    const model = textModel({ contextTokens: 2 ** 40 });
    const catalog = { ...exampleCatalog(), models: [model] };
    const { estimate } = recommendText(input({ catalog, requirements: { promptTokens: 2 ** 36 } })).ladder[0]!;
    expect(estimate.memoryBytes).toBeLessThanOrEqual(2 * 2 ** 30);
    expect(estimate.contextTokens).toBeGreaterThan(1024);
  });
});

describe('tiers of text', () => {
  const sha = weights.sha256;
  const delta = {
    contentId: sha,
    id: 'bank/lora',
    domain: 'bank',
    kind: 'lora' as const,
    servedAs: { cloud: 'bank-lora' },
  };
  const template = { contentId: sha, id: 'terse', family: 'tiny', version: 1 };
  const catalog = {
    ...exampleCatalog(),
    models: [textModel()],
    endpoints: [cloud],
    text: {
      templates: [template, { ...template, version: 2, contentId: fakeFile('v2').sha256 }],
      deltas: [{ ...delta, base: { id: 'tiny', files: { q4: sha } }, template: sha }],
      calibrations: [],
    },
  };

  it('have the delta of the domain that was made for their weights, under the name an endpoint knows it by', () => {
    expect(textTiers(catalog, 'bank').map((tier) => tier.delta?.id)).toEqual(['bank/lora', 'bank/lora']);
    expect(textTiers(catalog, undefined).map((tier) => tier.delta?.id)).toEqual([undefined, undefined]);
    const other = {
      ...catalog,
      models: [textModel({ variants: [{ dtype: 'q4', providers: ['cpu'], weights: fakeFile('x') }] })],
    };
    expect(textTiers(other, 'bank')[0]!.delta).toBeUndefined();
  });

  it('are asked with the newest template of their family, or with the one that their delta names', () => {
    expect(textTiers(catalog, undefined).map((tier) => tier.template?.version)).toEqual([2, undefined]);
    expect(textTiers(catalog, 'bank')[0]!.template?.version).toBe(1);
  });
});
