import { exampleCatalog, exampleEndpoint, exampleTwin } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { tierRungs } from './tier-rungs.js';

const catalog = {
  ...exampleCatalog(),
  endpoints: [
    exampleEndpoint({ id: 'cloud', placement: 'cloud' }),
    exampleEndpoint({ id: 'own-labels', labels: ['a', 'b'], domains: [], tasks: ['text-classification'] }),
    exampleEndpoint(),
    exampleTwin(),
  ],
};
const idsOf = (domain?: string): string[] => tierRungs(catalog, domain).map(({ id }) => id);

it('lists every rung once, what computes a model behind it, the rest by how far it is', () => {
  expect(idsOf()).toEqual(['nano', 'base', 'site-base', 'own-labels', 'site', 'cloud']);
  expect(idsOf('bank')).toEqual(['nano', 'base', 'site-base', 'site', 'cloud']);
  expect(() => idsOf('law')).toThrow('no domain "law"');
});
