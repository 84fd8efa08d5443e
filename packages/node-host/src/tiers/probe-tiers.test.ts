import { exampleCatalog, EXAMPLE_LABELS, exampleEndpoint } from '@terrace/core/testing';
import type { Endpoint } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { deadUrl } from '../remote/testing/fetch-server.js';
import { systemClock } from '../system-clock.js';
import { goldenTier } from './golden-question.js';
import { probeTiers } from './probe-tiers.js';
import { siteAnswers, startJsonServer, testPorts, type Said } from './testing/json-server.js';

const labels = [...EXAMPLE_LABELS];
const golden = { text: 'balance', domain: 'bank', label: 'balance' };
const tensors = { text: 'text', column: false, label: 'label', confidence: 'confidence' };

async function serving(id: string, answer: (path: string, body: unknown) => Said | undefined): Promise<Endpoint> {
  const { url } = await startJsonServer(answer);
  return exampleEndpoint({ id, url, golden, tensors });
}

const saying = (label: string) => siteAnswers({ 'terrace/auto:bank': { labels } }, () => label);

function probe(endpoints: readonly Endpoint[], timeoutMs = 5000, signal = new AbortController().signal) {
  const catalog = { ...exampleCatalog(), endpoints: [...endpoints] };
  const { fetch, keys } = testPorts();
  return probeTiers(
    endpoints.map((endpoint) => goldenTier(catalog, endpoint)!),
    { fetch, keys, clock: systemClock, random: Math.random, redaction: [], timeoutMs, newId: () => 'probe', signal },
  );
}

describe('tiers that are asked how they do', () => {
  it('tell whether they answer, whether rightly, and what their breaker makes of it', async () => {
    const gone = exampleEndpoint({ id: 'gone', url: await deadUrl(), golden, tensors });
    const health = await probe([
      await serving('well', saying('balance')),
      await serving('wrong', saying('transfer')),
      await serving('turned-away', () => 401),
      await serving('busy', () => 429),
      gone,
    ]);
    const told = [...health].map(([id, { health: is, breaker }]) => [id, is, breaker]);
    expect(told).toEqual([
      ['well', 'up', 'closed'],
      ['wrong', 'down', 'closed'],
      ['turned-away', 'down', 'closed'],
      ['busy', 'down', expect.stringMatching(/closed|held/)],
      ['gone', 'down', 'open'],
    ]);
  });

  it('are not waited for', async () => {
    const health = await probe([await serving('slow', () => 'stall')], 50);
    expect(health.get('slow')).toMatchObject({ health: 'down', why: 'no answer within 50 ms' });
  });

  it('are left alone when the signal aborts', async () => {
    const reason = new Error('enough');
    const slow = await serving('slow', () => 'stall');
    await expect(probe([slow], 5000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
