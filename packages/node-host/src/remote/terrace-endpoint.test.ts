import { createEndpointClient, type ClientEndpoint, type EndpointClient, type RemoteAsk } from '@terrace/core';
import { EXAMPLE_LABELS, exampleCatalog } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { oipRoutes } from '../server/oip/oip-routes.js';
import { openAiRoutes } from '../server/openai/openai-routes.js';
import { exampleResult } from '../server/testing/fake-runtime.js';
import { startServer } from '../server/testing/start-server.js';
import { createUndiciFetch } from './undici-fetch.js';

const LABELS = [...EXAMPLE_LABELS];
const LOG_PROBS = Float64Array.from([0.1, 0.6, 0.1, 0.15, 0.05], Math.log);
const ask: RemoteAsk = {
  task: 'text-classification',
  text: 'send 5 € to "Zoë"',
  domain: 'bank',
  labels: LABELS,
  outOfScopeLabel: 'oos',
  requestId: 'request-1',
};

/** A second Terrace over real sockets, whose runtime always answers `transfer`. */
async function startTerrace(protocol: ClientEndpoint['protocol'], model: string) {
  const asked: unknown[] = [];
  const result = exampleResult({
    output: {
      kind: 'classification',
      label: 'transfer',
      alternatives: [{ label: 'transfer', score: 0.6 }],
      outOfScope: false,
    },
    tier: 'base',
    path: ['base'],
    confidence: 0.6,
    answer: { kind: 'scores', labels: LABELS, logProbs: LOG_PROBS },
  });
  const { listen } = await startServer({
    routes: [openAiRoutes, oipRoutes],
    runtime: { run: async (input) => (asked.push(input), result) },
  });
  const { url } = await listen();
  const network = createUndiciFetch();
  onTestFinished(() => network.close());
  const client: EndpointClient = createEndpointClient({
    endpoint: { id: 'site', protocol, url: protocol === 'openai' ? `${url}/v1` : url, model },
    fetch: network.fetch,
    keys: () => undefined,
    clock: { wallMs: () => Date.now() },
  });
  return { client, asked, signal: new AbortController().signal };
}

describe('a Terrace asks a Terrace', () => {
  it('by the Open Inference Protocol, and gets its scores and what they were computed with', async () => {
    const { client, asked, signal } = await startTerrace('oip', 'base:{domain}');
    const { answer, costUsd } = await client.ask(ask, signal);
    expect(answer).toMatchObject({ kind: 'scores', labels: LABELS });
    if (answer.kind === 'scores') answer.logProbs.forEach((each, i) => expect(each).toBeCloseTo(LOG_PROBS[i]!, 5));
    expect(costUsd).toBe(0.25);
    expect(asked).toMatchObject([{ text: ask.text, domain: 'bank', policy: 'base' }]);
  });

  it('and learns by it what to write into the manifest', async () => {
    const { client, signal } = await startTerrace('oip', 'base:{domain}');
    const delta = exampleCatalog().deltas.find(({ base }) => base.id === 'base');
    expect(await client.describe(signal)).toMatchObject({
      tasks: ['text-classification'],
      domains: ['bank'],
      tensors: { text: 'text', column: false, scores: 'logits', label: 'label', confidence: 'confidence' },
      serves: { model: 'base', deltas: { bank: delta?.contentId } },
    });
  });

  it('by the OpenAI API, and gets its label and confidence', async () => {
    const { client, asked, signal } = await startTerrace('openai', 'terrace/auto:{domain}');
    const { answer } = await client.ask(ask, signal);
    expect(answer).toMatchObject({ kind: 'label', label: 'transfer' });
    expect(answer.kind === 'label' && answer.confidence).toBeCloseTo(0.6, 3);
    expect(asked).toMatchObject([{ text: ask.text, domain: 'bank', policy: 'cascade' }]);
    expect((await client.describe(signal)).models).toContain('terrace/auto:bank');
  });
});
