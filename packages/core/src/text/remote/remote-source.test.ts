import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../remote/link.js';
import type { RemoteChat, RemoteText } from '../../remote/text/text-client.js';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import { exampleRemoteTextTier } from '../../testing/example-text-tier.js';
import { spentBudget } from '../../testing/spent-budget.js';
import type { TextAsk } from '../text-source.js';
import { remoteSource } from './remote-source.js';

const ask: TextAsk = {
  messages: [{ role: 'user', content: 'x' }],
  tools: [],
  prefix: 'so',
  chatTemplate: undefined,
  generation: DEFAULT_GENERATION,
  priority: 'normal',
  requestId: 'r',
  domain: 'bank',
  key: 'till',
  expectedMs: 1,
};

function source(
  tier = exampleRemoteTextTier('site'),
  state: () => LinkState = () => ({ kind: 'up' }),
  budget = spentBudget('spent', { unit: 'joules' }),
) {
  const asked: RemoteChat[] = [];
  const text: RemoteText = {
    async *stream(chat) {
      asked.push(chat);
      chat.onCall({ costUsd: 0.5, sentBytes: 10 });
      chat.onRedacted({ email: 1 });
      yield [{ choice: 0, text: 'a', logProbs: [] }];
      chat.onCall({ costUsd: 0.25, sentBytes: 0 });
      return {
        choices: [],
        usage: { inputTokens: 1, cachedTokens: 0, outputTokens: 1 },
        trimmedMessages: 0,
        timings: undefined,
      };
    },
  };
  return { asked, source: remoteSource(tier, { text, state, budget }) };
}

describe('a text tier that somebody else runs', () => {
  it('says what it took', async () => {
    const { source: tier, asked } = source();
    const { pieces, spent } = tier.run(ask, undefined);
    while (!(await pieces.next()).done);
    expect(spent()).toMatchObject({ costUsd: 0.75, sentBytes: 10, redacted: { email: 1 } });
    expect(asked[0]).toMatchObject({ prefix: 'so', model: 'large', requestId: 'r', key: 'till' });
  });

  it('is asked for the adapter of its delta, or for the model of the domain', async () => {
    const tier = exampleRemoteTextTier('site');
    const named = source({ ...tier, endpoint: { ...tier.endpoint, model: 'chat-{domain}' } });
    await named.source.run(ask, undefined).pieces.next();
    expect(named.asked[0]!.model).toBe('chat-bank');
    const nameless = named.source.run({ ...ask, domain: undefined }, undefined);
    await expect(nameless.pieces.next()).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED' });
    const delta = { contentId: 'd', id: 'd', domain: 'bank', kind: 'lora' as const, servedAs: { site: 'adapter' } };
    const adapted = source({ ...tier, delta });
    await adapted.source.run(ask, undefined).pieces.next();
    expect(adapted.asked[0]!.model).toBe('adapter');
  });

  it('is closed while it cannot be asked or paid for', () => {
    const error = new Error('x');
    expect(source().source.closed()).toBeUndefined();
    const states: [LinkState, string][] = [
      [{ kind: 'offline', sinceMs: 0, error }, 'offline'],
      [{ kind: 'failing', sinceMs: 0, error }, 'tier-failed'],
      [{ kind: 'held', untilMs: 1 }, 'tier-failed'],
    ];
    for (const [state, why] of states) expect(source(undefined, () => state).source.closed()).toBe(why);
    expect(source(undefined, undefined, spentBudget('spent')).source.closed()).toBe('cost');
    // What costs no money is asked without any.
    const usd = spentBudget('spent', { unit: 'usd' });
    expect(source(undefined, undefined, usd).source.closed()).toBeUndefined();
  });
});
