import type { Catalog, Endpoint } from '@terrace/core';
import {
  EXAMPLE_LABELS,
  exampleBase,
  exampleCatalog,
  exampleEndpoint,
  exampleTwin,
  fakeSha,
} from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { deadUrl } from '../../remote/testing/fetch-server.js';
import type { EndpointPorts } from '../../tiers/describe-endpoint.js';
import { siteAnswers, startJsonServer, testPorts, type Said, type SiteModel } from '../../tiers/testing/json-server.js';
import { examineEndpoint } from './doctor-endpoints.js';

const labels = [...EXAMPLE_LABELS];
const golden = { text: 'balance', domain: 'bank', label: 'balance' };
const { signal } = new AbortController();
const { variant, deltas } = exampleTwin().serves!;
const own: SiteModel = { labels, serves: { model: 'base', variant, delta: deltas['bank']! } };

const examine = (endpoint: Endpoint, ports: Partial<EndpointPorts> = {}, catalog: Catalog = exampleCatalog()) =>
  examineEndpoint(endpoint, {
    catalog: { ...catalog, endpoints: [endpoint] },
    ports: testPorts(ports),
    signal,
  });

async function atSite(answer: (path: string, body: unknown) => Said | undefined) {
  return (await startJsonServer(answer)).url;
}

const stateOf = async (findings: ReturnType<typeof examine>): Promise<[string, string][]> =>
  (await findings).map(({ state, found }) => [state, found]);

describe('doctor asks an endpoint', () => {
  const twin = async (model: SiteModel, say = 'balance') =>
    exampleTwin({ url: await atSite(siteAnswers({ 'base:bank': model }, () => say)), golden });

  it('and is content with one that answers as it should and serves what the catalog says', async () => {
    expect(await stateOf(examine(await twin(own)))).toEqual([
      ['ok', expect.stringMatching(/answers by oip in .* computes base.*unencrypted, on the premises, without a key/)],
    ]);
  });

  it.each<[string, SiteModel, string]>([
    ['other weights', { labels, serves: { ...own.serves!, variant: fakeSha('x') } }, 'the weights'],
    ['another delta', { labels, serves: { ...own.serves!, delta: fakeSha('x') } }, 'the delta of bank'],
  ])('and finds a problem in %s', async (_, model, what) => {
    expect(await stateOf(examine(await twin(model)))).toEqual([['problem', expect.stringContaining(what)]]);
  });

  it('and finds a problem in a wrong answer to the golden question', async () => {
    expect(await stateOf(examine(await twin(own, 'transfer')))).toEqual([
      ['problem', expect.stringContaining('otherwise than when it was added')],
    ]);
  });

  it('and warns when it is the device that has moved on', async () => {
    const base = exampleBase();
    const moved = {
      ...base,
      variants: [{ ...base.variants[0]!, weights: { ...base.variants[0]!.weights, sha256: fakeSha('new') } }],
    };
    const catalog = { ...exampleCatalog(), models: [moved] };
    expect(await stateOf(examine(await twin(own), {}, catalog))).toEqual([
      ['warning', expect.stringContaining('the device has other content')],
    ]);
  });

  it('and names the variable of a key that is refused', async () => {
    const url = await atSite(() => 401);
    const [finding] = await examine(exampleEndpoint({ url, golden }));
    expect(finding).toMatchObject({ state: 'problem', fix: expect.stringContaining('TERRACE_KEY_127_0_0_1') });
  });

  it('and never says what a key is', async () => {
    const seen: string[] = [];
    const url = await atSite((path) => (seen.push(path), 403));
    const findings = await examine(exampleEndpoint({ url, golden }), { keys: () => 'sesame' });
    expect(seen).not.toEqual([]);
    expect(JSON.stringify(findings)).not.toContain('sesame');
  });

  it('and only warns when it cannot be reached: the device answers without it', async () => {
    expect(await stateOf(examine(exampleEndpoint({ url: await deadUrl(), golden })))).toEqual([
      ['warning', expect.stringContaining('No whole answer')],
    ]);
    const url = await atSite(() => 'stall');
    expect(await stateOf(examine(exampleEndpoint({ url, golden }), { timeoutMs: 50 }))).toEqual([
      ['warning', expect.stringContaining('within 50 ms')],
    ]);
  });

  it('and warns of plain text on its way out of the site', async () => {
    const fetch: EndpointPorts['fetch'] = () => Promise.reject(new Error('nothing is sent in a test'));
    const findings = await stateOf(examine(exampleEndpoint({ url: 'http://api.example.com', golden }), { fetch }));
    expect(findings[0]).toEqual(['warning', expect.stringContaining('unencrypted')]);
  });

  it('and warns of one that no domain needs', async () => {
    const law = { ...golden, domain: 'law' };
    expect(await stateOf(examine(exampleEndpoint({ url: 'http://127.0.0.1', golden: law, domains: ['law'] })))).toEqual(
      [['warning', expect.stringContaining('no domain of the catalog')]],
    );
  });
});
