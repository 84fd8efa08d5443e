import { describe, expect, it } from 'vitest';
import { UnknownDomainError } from '../errors/unknown-domain-error.js';
import { exampleBase, exampleCatalog, exampleDelta, exampleModel, exampleNano, fakeFile } from '../testing/index.js';
import { candidateTiers, labelsOf, requireDomain, tierIdentity, variantIdOf, variantNameOf } from './tier.js';

const bank = { task: 'text-classification', domain: 'bank', subDomain: undefined } as const;
const q4 = { dtype: 'q4', providers: ['cpu'], weights: fakeFile('base/q4.onnx') } as const;

describe('candidateTiers', () => {
  it('orders tiers as the ladder of the catalog does, whatever the order of its models', () => {
    const { models, ...rest } = exampleCatalog();
    expect(candidateTiers({ ...rest, models: models.toReversed() }, bank).map(({ id }) => id)).toEqual([
      'nano',
      'base',
    ]);
  });

  it('puts models that no ladder names last, by what a token costs', () => {
    const models = [
      exampleModel({ id: 'huge', flopsPerToken: 9e9 }),
      exampleModel({ id: 'tiny', flopsPerToken: 1 }),
      exampleNano(),
    ];
    const catalog = exampleCatalog({ models });
    const ladders = [{ id: 'default', task: 'feature-extraction' as const, models: ['nano'] }];
    expect(candidateTiers({ ...catalog, ladders }, bank).map(({ id }) => id)).toEqual(['nano', 'tiny', 'huge']);
  });

  it('offers each variant of a model as a tier of the same id and delta', () => {
    const base = exampleBase();
    const models = [{ ...base, variants: [...base.variants, { ...q4, providers: [...q4.providers] }] }];
    const tiers = candidateTiers(exampleCatalog({ models }), bank);
    expect(tiers.map((tier) => [tier.id, variantNameOf(tier), tier.delta?.id])).toEqual([
      ['base', 'int8', 'bank/base'],
      ['base', 'q4', 'bank/base'],
    ]);
  });

  it('classifies in a domain with the models that have a delta for it only', () => {
    const nano = exampleNano();
    const catalog = exampleCatalog({ models: [nano, exampleBase()], deltas: [exampleDelta(nano)] });
    expect(candidateTiers(catalog, bank).map(({ id }) => id)).toEqual(['nano']);
  });

  it('classifies without a domain with models that carry their own labels only', () => {
    const own = exampleModel({ id: 'sentiment', task: 'text-classification', labels: ['good', 'bad'] });
    const catalog = exampleCatalog({ models: [exampleNano(), own] });
    const tiers = candidateTiers(catalog, { ...bank, domain: undefined });
    expect(tiers.map((tier) => [tier.id, tier.delta, labelsOf(tier)])).toEqual([
      ['sentiment', undefined, ['good', 'bad']],
    ]);
  });

  it('embeds with every encoder, and in a domain with its delta', () => {
    const embed = { task: 'feature-extraction', subDomain: undefined } as const;
    const plain = candidateTiers(exampleCatalog(), { ...embed, domain: undefined });
    expect(plain.map(({ id, delta }) => [id, delta])).toEqual([
      ['nano', undefined],
      ['base', undefined],
    ]);
    const adapted = candidateTiers(exampleCatalog(), { ...embed, domain: 'bank' });
    expect(adapted.map(({ delta }) => delta?.id)).toEqual(['bank/nano', 'bank/base']);
  });
});

describe('requireDomain', () => {
  it('finds a domain and its sub-domains', () => {
    expect(requireDomain(exampleCatalog(), 'bank', 'cards').id).toBe('bank');
  });

  it('names the domains there are when one is unknown', () => {
    expect(() => requireDomain(exampleCatalog(), 'zoo')).toThrow(UnknownDomainError);
    expect(() => requireDomain(exampleCatalog(), 'zoo')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('bank') as string }),
    );
  });

  it('names the sub-domains there are when one is unknown', () => {
    const unknown = expect.objectContaining({ hint: 'Sub-domains: money, cards.' }) as Error;
    expect(() => requireDomain(exampleCatalog(), 'bank', 'loans')).toThrow(unknown);
  });

  it('does not take what every object inherits for a domain', () => {
    for (const id of ['constructor', '__proto__', '']) {
      expect(() => requireDomain(exampleCatalog(), id)).toThrow(UnknownDomainError);
    }
  });
});

describe('tierIdentity', () => {
  it('is the content of variant and delta', () => {
    const [tier] = candidateTiers(exampleCatalog(), bank);
    expect(tierIdentity(tier!)).toEqual({ variant: variantIdOf(tier!), delta: tier!.delta!.contentId });
    expect(tierIdentity({ ...tier!, delta: undefined }).delta).toBeUndefined();
  });
});
