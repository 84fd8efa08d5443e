import { describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime.js';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleCatalog } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleTwin } from '../testing/example-endpoint.js';
import { createFakeSite, jsonReply } from '../testing/fake-site.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor } from '../testing/index.js';
import type { RuntimePorts } from './stages.js';
import { spentBudget } from '../testing/spent-budget.js';
import { withRequests } from './request-budget.js';

const question = { text: 'freeze my card', domain: 'bank' } as const;
const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const gone = (code = 'ECONNREFUSED') => Object.assign(new Error('refused'), { code });

/** A device with nano and base, and a site that computes base faster than the device does. */
function device(ports: Partial<RuntimePorts> = {}, endpoint = exampleTwin({ measuredMs: 0.01 })) {
  const plain = exampleCatalog();
  const catalog = { ...plain, endpoints: [endpoint] };
  const nano = { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) };
  const base = { scores: () => scoresFor('balance', 0.97, EXAMPLE_LABELS) };
  const fakes = createFakePorts({ catalog, calibration: exampleCalibration(plain), models: { nano, base } });
  const site = createFakeSite();
  return { ...fakes, site, runtime: createRuntime({ ...fakes, fetch: site.fetch, ...ports }) };
}

describe('a tier of the device whose place a faster one at the site has', () => {
  it('answers while that is away, at once and as well, and gives the place back', async () => {
    const { runtime, site, clock } = device();
    expect(await runtime.run(question)).toMatchObject({ path: ['nano', 'site-base'] });
    site.respond(() => {
      throw gone();
    });
    const first = await runtime.run(question);
    expect(first).toMatchObject({ path: ['nano', 'base'], output: { label: 'balance' }, queued: undefined });
    expect(first.verdict).toMatchObject({ kind: 'accept', calibrated: true, degraded: 'offline' });
    expect(await runtime.run(question)).toMatchObject({ path: ['nano', 'base'], verdict: { degraded: undefined } });
    site.respond(() => ({ label: 'block_card', probability: 0.97 }));
    clock.advance(60_000);
    await settled();
    expect(await runtime.run(question)).toMatchObject({ path: ['nano', 'site-base'] });
  });

  it('answers where a page has no network at all: that is away from the first call on, and nothing has left', async () => {
    const { runtime, site, ledger } = device();
    site.respond(() => {
      throw gone('OFFLINE');
    });
    const result = await runtime.run(question);
    expect(result).toMatchObject({ path: ['nano', 'base'], sentBytes: 0, verdict: { degraded: 'offline' } });
    await runtime.flush();
    for await (const page of ledger.review({})) expect(page).toMatchObject([{ outcome: { sentBytes: 0 } }]);
  });

  it('answers where that fails on one request alone', async () => {
    const { runtime, site } = device();
    site.respond((text) => (text === 'odd' ? jsonReply({}, 413) : { label: 'block_card', probability: 0.97 }));
    expect(await runtime.run({ ...question, text: 'odd' })).toMatchObject({ path: ['nano', 'base'] });
    expect(await runtime.run(question)).toMatchObject({ path: ['nano', 'site-base'] });
  });

  it('answers where that may not be paid for any more', async () => {
    const budget = withRequests(spentBudget('the month is spent'));
    const price = { ...exampleEndpoint().price, perCall: 0.00001 };
    const { runtime } = device({ budget }, exampleTwin({ measuredMs: 0.01, price }));
    expect(await runtime.run(question)).toMatchObject({ path: ['nano', 'base'], verdict: { degraded: undefined } });
  });
});
