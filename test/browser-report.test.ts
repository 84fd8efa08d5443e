import {
  cloudReference,
  summariseLedger,
  type FeedbackRecord,
  type LedgerReport,
  type OutcomeRecord,
} from '@terrace/core';
import type { ReportQuery } from '@terrace/browser-host';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { outcomeOf } from './support/page-runtime.js';

const report = (page: Page, query?: ReportQuery): Promise<LedgerReport> =>
  outcomeOf(page.evaluate((asked) => window.driver.attempt(() => window.driver.runtime.report(asked)), query));

/** Engines do not agree on the last digit of a logarithm. */
const rounded = (found: LedgerReport): unknown =>
  JSON.parse(JSON.stringify(found, (_, value: unknown) => (typeof value === 'number' ? value.toPrecision(12) : value)));

/** What the page's ledger holds, newest first. */
const recordsOf = (page: Page): Promise<{ outcomes: OutcomeRecord[]; feedback: FeedbackRecord[] }> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error!));
      });
    const database = await done(indexedDB.open('terrace-ledger'));
    const read = async <T>(name: string): Promise<T[]> => {
      const rows: T[][] = await done(database.transaction(name).objectStore(name).getAll());
      return rows.flat().toReversed();
    };
    const records = {
      outcomes: await read<OutcomeRecord>('outcomes'),
      feedback: await read<FeedbackRecord>('feedback'),
    };
    database.close();
    return records;
  });

const say = (page: Page, requestId: string, right: boolean): Promise<void> =>
  outcomeOf(
    page.evaluate((said) => window.driver.attempt(() => window.driver.runtime.recordFeedback(said)), {
      requestId,
      right,
    }),
  );

describe.skipIf(!HAS_CHROMIUM)('the report of a page (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('has the numbers that Node has for the same records, the answer included that was just given', async () => {
    const runtime = await browser.openRuntime(await openSite());
    const { page } = runtime;
    expect(await report(page)).toMatchObject({ requests: 0, cloud: { id: 'cloud' } });
    const results = [];
    for (const domain of ['clinc150', 'banking77'])
      for (const text of [EASY, HARD]) results.push(await runtime.run({ domain, text }));
    await say(page, results[0]!.requestId, true);
    await say(page, results[1]!.requestId, true);
    await say(page, results[1]!.requestId, false);
    const found = await report(page);
    expect(found).toMatchObject({ requests: 4, feedback: { right: { n: 2, count: 1 } } });
    const catalog = await runtime.catalog();
    const { outcomes, feedback } = await recordsOf(page);
    const cloud = cloudReference({ catalog, statistics: [], domain: undefined });
    const inNode = summariseLedger({ outcomes, feedback, cloud });
    expect(rounded(found)).toEqual(rounded(inNode));
    const ofDomain = outcomes.filter(({ domain }) => domain === 'clinc150');
    const cloudOfDomain = cloudReference({ catalog, statistics: [], domain: 'clinc150' });
    expect(rounded(await report(page, { domain: 'clinc150' }))).toEqual(
      rounded(summariseLedger({ outcomes: ofDomain, feedback, cloud: cloudOfDomain })),
    );
    expect(await report(page, { domain: 'nowhere' })).toMatchObject({ requests: 0 });
    expect(await report(page, { sinceMs: 3_600_000 })).toMatchObject({ requests: 4 });
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(await report(page, { sinceMs: 1 })).toMatchObject({ requests: 0 });
  });

  it('compares with an endpoint that the page itself brings', async () => {
    const page = await browser.openPage(await openSite());
    await page.evaluate(async () => {
      const shared = { tasks: ['text-classification'], domains: ['clinc150'] } as const;
      window.driver.runtime = await window.terrace.createBrowserRuntime({
        catalogUrl: '/models/catalog.json',
        endpoints: [
          { ...shared, id: 'ours', placement: 'cloud', protocol: 'openai', url: `${location.origin}/v1`, model: 'm' },
        ],
      });
    });
    expect(await report(page)).toMatchObject({ requests: 0, cloud: { id: 'ours', placement: 'cloud' } });
  });

  it('is made by whichever tab leads, for all of them', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const [first, second] = [
      await browser.openRuntime(site, {}, profile),
      await browser.openRuntime(site, {}, profile),
    ];
    await first.run({ domain: 'clinc150', text: EASY, policy: 'nano' });
    await second.run({ domain: 'clinc150', text: EASY, policy: 'nano' });
    expect(await report(second.page)).toMatchObject({ requests: 2 });
    expect(await report(first.page)).toMatchObject({ requests: 2 });
  });
});
