import { exampleCatalog, EXAMPLE_LABELS } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { goldenText } from './golden-question.js';
import { siteAnswers, startJsonServer, testPorts } from './testing/json-server.js';
import { tryEndpoint } from './try-endpoint.js';

const catalog = exampleCatalog();
const labels = [...EXAMPLE_LABELS];
const { signal } = new AbortController();

async function tried(say: (text: string) => string, changes: object = {}) {
  const server = await startJsonServer(
    siteAnswers({ 'terrace/auto:bank': { labels }, base: {} }, (_, text) => say(text)),
  );
  let id = 0;
  const result = await tryEndpoint(
    {
      id: 'site',
      placement: 'site',
      protocol: 'oip',
      url: server.url,
      model: 'auto:{domain}',
      tasks: ['text-classification'],
      domains: ['bank'],
      tensors: { text: 'text', column: false, label: 'label', confidence: 'confidence' },
      ...changes,
    },
    { catalog, ports: testPorts(), newId: () => `try-${id++}`, signal },
  );
  return { ...result, seen: server.seen.map(({ path }) => path) };
}

describe('an endpoint that is tried', () => {
  it('is held to what it says of the words of a label', async () => {
    const { manifest, tookMs, notes, seen } = await tried(() => 'balance');
    expect(manifest.golden).toEqual({ text: 'balance', domain: 'bank', label: 'balance' });
    expect(manifest.measuredMs).toBeGreaterThan(0);
    expect([tookMs.length, notes]).toEqual([4, []]);
    expect(seen).toEqual(Array.from({ length: 4 }, () => '/v2/models/auto%3Abank/infer'));
  });

  it('is held to no label when it says now this, now that', async () => {
    let calls = 0;
    const { manifest, notes } = await tried(() => (calls++ % 2 === 0 ? 'balance' : 'transfer'));
    expect(manifest.golden).toEqual({ text: 'balance', domain: 'bank' });
    expect(notes).toHaveLength(1);
  });

  it('is asked for an embedding where that is what it does', async () => {
    const { manifest } = await tried(() => '', {
      model: 'base',
      tasks: ['feature-extraction'],
      domains: undefined,
      tensors: undefined,
    });
    expect(manifest.golden).toEqual({ text: expect.any(String) });
  });

  it('fails with a label that nobody has, and with a manifest that is none', async () => {
    await expect(tried(() => 'mortgage')).rejects.toMatchObject({ code: 'REMOTE_ANSWER_INVALID' });
    await expect(tried(() => 'balance', { price: { currency: 'EUR' } })).rejects.toMatchObject({
      code: 'INVALID_CATALOG',
      facts: { path: 'price.usdPerUnit' },
    });
  });
});

it.each([
  [['oos', 'freeze_account'], 'oos', 'freeze account'],
  [['card-lost.v2'], null, 'card lost v2'],
  [['oos'], 'oos', 'the quick brown fox jumps over the lazy dog'],
  [['___'], null, 'the quick brown fox jumps over the lazy dog'],
])('the golden text of %j is made of the words of a label', (all, outOfScope, text) => {
  expect(goldenText(all, outOfScope)).toBe(text);
});
