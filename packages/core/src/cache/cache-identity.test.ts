import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { Catalog } from '../catalog/schema.js';
import type { StartHash } from '../ports/running-hash.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { exampleTextModel } from '../testing/example-text-tier.js';
import { cacheIdentity, createCacheIdentity } from './cache-identity.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const OTHER = 'f'.repeat(64);
const catalog = exampleCatalog();
const [model] = catalog.models;
const bank = { task: 'text-classification', domain: 'bank' };
const idOf = (changed: Partial<Catalog>, ask = bank): string =>
  cacheIdentity({ ...catalog, ...changed }, ask, startHash);

describe('the identity of all that may answer', () => {
  it.each<[string, Partial<Catalog>]>([
    [
      'other weights',
      {
        models: catalog.models.map((each) => ({
          ...each,
          variants: each.variants.map((variant) => ({ ...variant, weights: { ...variant.weights, sha256: OTHER } })),
        })),
      },
    ],
    [
      'another tokenizer',
      { models: [{ ...model!, tokenizer: { ...model!.tokenizer, sha256: OTHER } }, ...catalog.models.slice(1)] },
    ],
    ['a model less', { models: catalog.models.slice(1) }],
    ['another delta', { deltas: catalog.deltas.map((delta) => ({ ...delta, contentId: OTHER })) }],
    ['other labels', { deltas: catalog.deltas.map((delta) => ({ ...delta, labels: [...delta.labels].toReversed() })) }],
    ['another calibration', { domains: catalog.domains.map((domain) => ({ ...domain, ladderRevision: OTHER })) }],
    ['an endpoint', { endpoints: [exampleEndpoint()] }],
  ])('changes with %s', (_, changed) => {
    expect(idOf(changed)).not.toBe(idOf({}));
  });

  it('does not change with what answers other requests, or with how it is shown', () => {
    const { models } = catalog;
    expect(idOf({ revision: OTHER, models: [...models, exampleTextModel('small')] })).toBe(idOf({}));
    expect(idOf({}, { ...bank, domain: 'other' })).not.toBe(idOf({}));
  });

  it('of text changes with its own models, deltas, templates and calibrations', () => {
    const text = { task: 'text-generation', domain: 'bank' };
    const models = [exampleTextModel('small')];
    const delta = { contentId: OTHER, id: 'd', domain: 'bank', kind: 'prompt', servedAs: {}, template: OTHER } as const;
    const template = { contentId: OTHER, id: 't', family: models[0]!.text.family, version: 1, system: 'Be short.' };
    const none = { templates: [], deltas: [], calibrations: [] };
    const calibration = { domain: 'bank', file: { path: 'text/c.json', bytes: 1, sha256: OTHER } };
    const all = [
      idOf({ models }, text),
      idOf({ models: [{ ...models[0]!, flopsPerToken: 7 }] }, text),
      idOf({ models, text: { ...none, deltas: [delta] } }, text),
      idOf({ models, text: { ...none, deltas: [delta], templates: [template] } }, text),
      idOf({ models, text: { ...none, calibrations: [calibration] } }, text),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('is worked out once a catalog and domain, but for domains that nobody knows', () => {
    const start = vi.fn<StartHash>(startHash);
    const identity = createCacheIdentity(start);
    expect(identity(catalog, bank)).toBe(identity(catalog, bank));
    expect(start).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 2; i++) identity(catalog, { ...bank, domain: 'nowhere' });
    expect(start).toHaveBeenCalledTimes(3);
  });
});
