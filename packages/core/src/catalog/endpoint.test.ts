import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleTwin } from '../testing/example-endpoint.js';
import { costOfCall } from './cost-of-call.js';
import { endpointManifestSchema } from './endpoint.js';
import { calibratedAs, candidateTiers, tierIdentity } from './tier.js';

const manifest = {
  format: 1,
  id: 'site',
  placement: 'site',
  protocol: 'oip',
  url: 'http://site.example:8420',
  model: 'base',
  tasks: ['text-classification'],
};
const bank = { task: 'text-classification', domain: 'bank', subDomain: undefined } as const;
const embed = { task: 'feature-extraction', domain: undefined, subDomain: undefined } as const;

describe('the manifest of an endpoint', () => {
  it.each([
    'ftp://site.example',
    'site.example',
    'http://user:secret@site.example',
    'https://site.example/?key=secret',
    'https://site.example/#part',
    'javascript:alert(1)',
    'http://',
  ])('refuses the address %s', (url) => {
    expect(endpointManifestSchema.safeParse({ ...manifest, url }).success).toBe(false);
  });

  it.each([
    ['a key', { key: 'secret' }],
    ['the device as its place', { placement: 'device' }],
    ['a model object of somebody’s code', { protocol: 'ai-sdk' }],
    ['a price in money of unknown worth', { price: { currency: 'EUR', perCall: 1 } }],
    ['a price below nothing', { price: { perCall: -1 } }],
    ['text that redraws a terminal', { model: 'a\u001b[2J' }],
    ['a timeout of years', { timeoutMs: 1e12 }],
  ])('refuses %s', (_, changes) => {
    expect(endpointManifestSchema.safeParse({ ...manifest, ...changes }).success).toBe(false);
  });

  it('says what a call costs in US dollars', () => {
    const price = {
      currency: 'EUR',
      usdPerUnit: 1.5,
      perCall: 0.01,
      perMillionInputTokens: 2,
      perMillionOutputTokens: 4,
    };
    const endpoint = endpointManifestSchema.parse({ ...manifest, price });
    expect(costOfCall(endpoint, { inputTokens: 1000, outputTokens: 500 })).toBeCloseTo(
      1.5 * (0.01 + 0.002 + 0.002),
      12,
    );
    expect(costOfCall(endpointManifestSchema.parse(manifest), { inputTokens: 1e6, outputTokens: 1e6 })).toBe(0);
  });

  it('never costs less for more tokens', () => {
    const price = { perMillionInputTokens: 3, perMillionOutputTokens: 9 };
    const endpoint = endpointManifestSchema.parse({ ...manifest, price });
    const tokens = fc.record({ inputTokens: fc.nat(1e6), outputTokens: fc.nat(1e6) });
    fc.assert(
      fc.property(tokens, fc.nat(1000), (few, more) => {
        const many = { inputTokens: few.inputTokens + more, outputTokens: few.outputTokens + more };
        expect(costOfCall(endpoint, many)).toBeGreaterThanOrEqual(costOfCall(endpoint, few));
      }),
    );
  });
});

describe('endpoints as tiers', () => {
  const tiersWith = (...endpoints: ReturnType<typeof exampleEndpoint>[]) => ({ ...exampleCatalog(), endpoints });
  const ids = (catalog: ReturnType<typeof tiersWith>, ask: Parameters<typeof candidateTiers>[1] = bank) =>
    candidateTiers(catalog, ask).map(({ id }) => id);

  it('stand above all models, nearest first', () => {
    const cloud = exampleEndpoint({ id: 'cloud', placement: 'cloud' });
    expect(ids(tiersWith(cloud, exampleEndpoint()))).toEqual(['nano', 'base', 'site', 'cloud']);
  });

  it('stand where the model stands that they compute', () => {
    const base = exampleTwin();
    expect(ids(tiersWith(base))).toEqual(['nano', 'base', 'site-base']);
    const nano = exampleTwin({ id: 'site-nano', serves: { ...base.serves!, model: 'nano' } });
    expect(ids(tiersWith(nano))).toEqual(['nano', 'site-nano', 'base']);
  });

  it('answer in the domains they know only', () => {
    expect(ids(tiersWith(exampleEndpoint({ domains: ['clinic'] })))).toEqual(['nano', 'base']);
    const serves = { ...exampleTwin().serves!, deltas: {} };
    expect(ids(tiersWith(exampleTwin({ serves })))).toEqual(['nano', 'base']);
  });

  it('classify without a domain where they have labels of their own', () => {
    const any = { ...bank, domain: undefined };
    expect(ids(tiersWith(exampleEndpoint()), any)).toEqual([]);
    expect(ids(tiersWith(exampleEndpoint({ labels: ['good', 'bad'] })), any)).toEqual(['site']);
  });

  it('embed where they say so', () => {
    expect(ids(tiersWith(exampleEndpoint({ tasks: ['text-classification'] })), embed)).toEqual(['nano', 'base']);
    expect(ids(tiersWith(exampleEndpoint()), embed)).toEqual(['nano', 'base', 'site']);
  });

  it('are known to a calibration as what they compute, by the content of weights and delta', () => {
    const [, base, twin] = candidateTiers(tiersWith(exampleTwin()), bank);
    expect(calibratedAs(twin!)).toBe('base');
    expect(tierIdentity(twin!)).toEqual(tierIdentity(base!));
    const site = candidateTiers(tiersWith(exampleEndpoint()), bank).at(-1)!;
    expect(calibratedAs(site)).toBe('site');
    expect(tierIdentity(site).variant).toBe(exampleEndpoint().contentId);
  });
});
