import { describe, expect, it } from 'vitest';
import { exampleBase, exampleDelta } from '../testing/example-catalog.js';
import { exampleEndpoint } from '../testing/example-endpoint.js';
import { cloudReference } from './cloud-reference.js';

const deltas = [exampleDelta(exampleBase())];
const chat = exampleEndpoint({
  id: 'chat',
  placement: 'cloud',
  protocol: 'openai',
  measuredMs: undefined,
  price: { currency: 'EUR', usdPerUnit: 2, perCall: 0, perMillionInputTokens: 1, perMillionOutputTokens: 10 },
});
const site = exampleEndpoint();
const bank = { task: 'text-classification', domain: 'bank', tokens: 12 };
const statistics = [
  { variantId: chat.contentId, runs: 50, p50Ms: 321, p95Ms: 654, peakMemoryBytes: undefined, loadMs: undefined },
];
const reference = (endpoints: readonly (typeof chat)[] | undefined, measured = statistics, domain?: string) =>
  cloudReference({ catalog: { endpoints: endpoints && [...endpoints], deltas }, statistics: measured, domain });

describe('where everything could have gone', () => {
  it('is the cloud as the ledger has seen it, whatever is nearer', () => {
    const { id, placement, p50Ms, p95Ms, assumptions } = reference([site, chat]);
    expect({ id, placement, p50Ms, p95Ms }).toEqual({ id: 'chat', placement: 'cloud', p50Ms: 321, p95Ms: 654 });
    expect(assumptions).toEqual([expect.stringContaining('864 J')]);
  });

  it('is the fastest of several, and the site when there is no cloud', () => {
    const slow = exampleEndpoint({ id: 'slow', placement: 'cloud', measuredMs: 5000 });
    expect(reference([slow, chat]).id).toBe('chat');
    expect(reference([slow]).assumptions[0]).toBe('the catalog states no price for it');
    const nearest = reference([site]);
    expect(nearest).toMatchObject({ id: 'site', placement: 'site', p50Ms: 10, energyPerCallJoules: undefined });
    expect(nearest.assumptions).toEqual([expect.stringContaining('10 ms were seen when it was added')]);
    const exact = exampleEndpoint({ id: 'exact', placement: 'site', measuredMs: 5.891957999999988 });
    expect(reference([exact]).assumptions[0]).toContain(': 5.89 ms were seen');
  });

  it('leaves out endpoints that cannot answer in the domain', () => {
    const clinic = exampleEndpoint({ id: 'clinic', placement: 'cloud', domains: ['clinic'] });
    expect(reference([clinic, site], statistics, 'bank').id).toBe('site');
    expect(reference([clinic, site], statistics, 'clinic').id).toBe('clinic');
  });

  it('is a chat model as they are sold when the catalog names none, and says so', () => {
    for (const endpoints of [undefined, []]) {
      const { id, p50Ms, assumptions, costPerCallUsd, energyPerCallJoules } = reference(endpoints);
      expect([id, p50Ms, energyPerCallJoules]).toEqual(['cloud', 800, 864]);
      expect(costPerCallUsd(bank)).toBeGreaterThan(0);
      expect(assumptions).toEqual([
        expect.stringContaining('names no endpoint'),
        expect.stringContaining('800 ms'),
        expect.stringContaining('864 J'),
      ]);
    }
  });

  it('pays for every token of the text, and for the labels that a chat model reads with it', () => {
    const { costPerCallUsd, overheadBytes } = reference([chat]);
    const perToken = costPerCallUsd({ ...bank, tokens: 112 }) - costPerCallUsd(bank);
    expect(perToken).toBeCloseTo((100 * 2) / 1e6, 15);
    const elsewhere = { ...bank, domain: 'elsewhere' };
    expect(costPerCallUsd(bank)).toBeGreaterThan(costPerCallUsd(elsewhere));
    expect(overheadBytes(bank)).toBeGreaterThan(overheadBytes(elsewhere));
    const embedding = { ...bank, task: 'feature-extraction' };
    expect(costPerCallUsd(embedding)).toBeCloseTo((12 * 2) / 1e6, 15);
    expect(costPerCallUsd({ ...embedding, tokens: 0 })).toBeCloseTo((12 * 2) / 1e6, 15);
  });
});
