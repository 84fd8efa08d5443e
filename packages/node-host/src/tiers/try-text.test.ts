import { exampleCatalog } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { planEndpoint } from './plan-endpoint.js';
import { startJsonServer, testPorts } from './testing/json-server.js';
import { tryEndpoint } from './try-endpoint.js';

const catalog = exampleCatalog();
const { signal } = new AbortController();
const scored = { content: [{ token: 'Hello', logprob: -0.5, top_logprobs: [] }] };
const answer = (logprobs?: object) => ({
  choices: [
    { message: { role: 'assistant', content: 'Hello' }, finish_reason: 'length', ...(logprobs && { logprobs }) },
  ],
});

const chats = (said: object | number) =>
  startJsonServer((path) => {
    if (path === 'GET /v1/models') return { data: [{ id: 'large' }] };
    return path === 'POST /v1/chat/completions' ? said : undefined;
  });

const wish = { id: 'site', placement: 'site', tasks: ['text-generation'] } as const;

async function added(said: object | number, asked: object = {}) {
  const server = await chats(said);
  const ports = testPorts();
  const planned = await planEndpoint(
    server.url,
    { ...wish, protocol: undefined, ...asked },
    { catalog, ports, signal },
  );
  const { protocol, url, plan } = planned;
  const { notes: _, ...rest } = plan;
  const untried = { id: 'site', placement: 'site' as const, protocol, url, ...rest };
  return tryEndpoint(untried, { catalog, ports, newId: () => 'try', signal });
}

describe('an endpoint that writes', () => {
  it('is asked for a token of a chat, and held to no question', async () => {
    const { manifest, tookMs, notes } = await added(answer(scored), { domains: ['recipes'] });
    expect(manifest).toMatchObject({
      protocol: 'openai',
      model: 'large',
      tasks: ['text-generation'],
      domains: ['recipes'],
    });
    expect(manifest.golden).toBeUndefined();
    expect(manifest.measuredMs).toBeGreaterThan(0);
    expect([tookMs.length, notes]).toEqual([2, []]);
  });

  it('is noted for what it does not tell', async () => {
    expect((await added(answer())).notes).toEqual([expect.stringContaining('log-probabilities')]);
  });

  it('is none where it does not answer, or speaks another protocol', async () => {
    await expect(added(401)).rejects.toMatchObject({ hint: expect.stringContaining('TERRACE_KEY_') });
    await expect(added(answer(), { protocol: 'tei' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
