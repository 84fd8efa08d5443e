import type { BudgetLimit } from '@terrace/browser-host';
import { exampleEndpoint } from '@terrace/core/testing';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY, eventsOf } from './support/answers.js';
import { browserOfThisSuite, openSite, openTab } from './support/browser-of-suite.js';
import { changedCatalog } from './support/changed-catalog.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { PageRuntime } from './support/page-runtime.js';

const PRICE = 0.01;
/** Two calls. */
const LIMIT: BudgetLimit = {
  scope: {},
  period: 'month',
  unit: 'usd',
  limit: 2 * PRICE,
  whenSpent: 'local',
  alertAt: [1],
};
/** More than the device can promise: what may ask the cloud asks it. */
const ASK = { domain: 'clinc150', text: EASY, minConfidence: 0.9999 };
const SPENT = { id: 'month/usd', spent: 2 * PRICE, reserved: 0, left: 0 };

/** A site with the smallest model, below an endpoint that charges for every call. */
async function openPaidSite() {
  const site = await openSite();
  const price = { ...exampleEndpoint().price, perCall: PRICE };
  const endpoint = exampleEndpoint({
    id: 'cloud',
    placement: 'cloud',
    protocol: 'openai',
    url: `${site.url}/v1`,
    model: 'large',
    tasks: ['text-classification'],
    domains: ['clinc150'],
    price,
  });
  const catalog = changedCatalog((changed) => {
    for (const { id, variants } of changed.models)
      if (id !== 'nano') for (const variant of variants) variant.providers = ['cpu'];
    Object.assign(changed, { endpoints: [endpoint] });
  });
  const message = { role: 'assistant', content: '{"label":"credit_score"}' };
  const answers: Record<string, string> = {
    '/models/catalog.json': catalog,
    '/v1/chat/completions': JSON.stringify({ choices: [{ index: 0, message }] }),
  };
  site.intercept = ({ url = '' }, response) => {
    if (answers[url] !== undefined) response.setHeader('content-type', 'application/json').end(answers[url]);
    return answers[url] !== undefined;
  };
  return { site, calls: () => site.asked.filter((path) => path === '/v1/chat/completions').length };
}

const standingsIn = (page: Page) => page.evaluate(() => window.driver.runtime.budgets());

describe.skipIf(!HAS_CHROMIUM)('a page with a budget (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('asks what costs until it is spent, then answers itself, and a reload and another tab find it spent', async () => {
    const { site, calls } = await openPaidSite();
    const profile = await browser.newProfile();
    const page = await browser.openPage(site, profile);
    const runtime = await PageRuntime.open(page, { budgets: [LIMIT] });
    for (let i = 0; i < 2; i++)
      expect(await runtime.run(ASK)).toMatchObject({ tier: 'cloud', output: { label: 'credit_score' } });
    const third = await runtime.run(ASK);
    expect(third).toMatchObject({ tier: 'nano', verdict: { degraded: 'cost' } });
    expect(eventsOf(third, 'budget')).toMatchObject([{ budget: 'month/usd', left: 0 }]);
    expect(await standingsIn(page)).toMatchObject([SPENT]);
    expect((await runtime.told()).warnings).toEqual([expect.stringContaining('100.0 % of the budget month/usd')]);

    await page.reload();
    const again = await PageRuntime.open(page, { budgets: [LIMIT] });
    expect(await standingsIn(page)).toMatchObject([SPENT]);
    expect(await again.run(ASK)).toMatchObject({ tier: 'nano', verdict: { degraded: 'cost' } });

    const strict = await PageRuntime.open(await openTab(profile, site), {
      budgets: [{ ...LIMIT, whenSpent: 'refuse' }],
    });
    await expect(strict.run(ASK)).rejects.toMatchObject({
      name: 'BudgetExhaustedError',
      code: 'BUDGET_EXHAUSTED',
      facts: { budget: 'month/usd', left: 0, resetsAtWallMs: expect.any(Number) },
    });
    expect(calls()).toBe(2);
  });

  it('refuses a budget that is written wrongly, and has none without one', async () => {
    const { site } = await openPaidSite();
    const page = await browser.openPage(site);
    const wrong = { ...LIMIT, period: 'week' as 'month' };
    await expect(PageRuntime.open(page, { budgets: [wrong] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      facts: { option: 'budgets' },
    });
    await expect(PageRuntime.open(page, { budgets: '20/month' as never })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('budgets is "20/month", and not a list'),
    });
    site.asked.length = 0;
    await PageRuntime.open(page);
    expect(await standingsIn(page)).toEqual([]);
    expect(site.asked).not.toContain('/terrace/budget.js');
  });
});
