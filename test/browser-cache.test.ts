import type { CachedRuntime } from '@terrace/browser-host/cache';
import type { DocumentsRuntime } from '@terrace/browser-host/documents';
import type { BrowserTextRuntime } from '@terrace/browser-host/text';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encryptedPdf, textPdf } from '../packages/node-host/src/documents/testing/make-pdf.js';
import { EASY } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { forgetCrashes } from './support/crash-marks.js';
import { crashTab } from './support/end-tab.js';
import { startTextSite } from './support/text-site.js';

declare global {
  interface Window {
    /** With what was asked before, and documents. */
    kept: DocumentsRuntime<CachedRuntime<BrowserTextRuntime>>;
    failures: string[];
  }
}

const scriptFor = (catalogUrl: string, cache: object = {}): string => `
import { createBrowserRuntime } from '/terrace/index.js';
import { withText } from '/terrace/text-page.js';
import { withResponseCache } from '/terrace/cache-page.js';
import { withDocuments } from '/terrace/documents-page.js';
window.failures = [];
const told = (failure) => void window.failures.push(failure.message ?? failure);
const options = { onWarning: told, onFailure: told };
const runtime = withText(await createBrowserRuntime({ catalogUrl: '${catalogUrl}' }));
window.kept = withDocuments(withResponseCache(runtime, { ...options, ...${JSON.stringify(cache)} }), options);
document.title = 'ready';
`;

async function visit(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

const label = (page: Page, text: string) =>
  page.evaluate(async (asked) => {
    const { output, cache, tier, costUsd, trace } = await window.kept.run({ domain: 'clinc150', text: asked });
    return { label: output.kind === 'classification' && output.label, cache, tier, costUsd, steps: trace.length };
  }, text);

const ASK = { task: 'text-generation', text: 'hello there', generation: { maxTokens: 24 } } as const;

const streamed = (page: Page) =>
  page.evaluate(async (ask) => {
    const texts: string[] = [];
    for await (const step of window.kept.stream(ask)) {
      if (step.kind === 'text') texts.push(step.text);
      if (step.kind === 'result') return { text: texts.join(''), pieces: texts.length, result: step.result };
    }
    throw new Error('no result');
  }, ASK);

/** Fifteen ways to ask for four things. */
const WAYS = [
  'what is',
  'tell me',
  'can you show',
  'please check',
  'i want to know',
  'do you know',
  'give me',
  'i need',
  'could you look up',
  'let me see',
  'display',
  'i would like',
  'find',
  'read me',
  'show me',
];
const WHAT = ['credit score', 'account balance', 'shopping list', 'calendar'];

describe.skipIf(!HAS_CHROMIUM)('answers and documents that a page keeps (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('are found by the next visit, are in the report, and documents by what they mean', async () => {
    const site = await openSite({
      pages: { '/kept': `<!doctype html><script type="module">${scriptFor('/models/catalog.json')}</script>` },
    });
    const profile = await browser.newProfile();
    const page = await visit(await profile.newPage(), `${site.url}/kept`);
    onTestFinished(() => page.close());
    const first = await label(page, EASY);
    expect(first.cache).toBeUndefined();
    const again = await label(page, EASY);
    expect(again).toMatchObject({
      label: first.label,
      tier: first.tier,
      costUsd: 0,
      cache: { kind: 'exact' },
      steps: 2,
    });
    await page.evaluate(() => window.kept.flush());
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    // A store that answers late on a busy machine is not waited for.
    await expect
      .poll(() => label(page, EASY), { timeout: 10_000 })
      .toMatchObject({ label: first.label, cache: { kind: 'exact', from: again.cache!.from } });
    await page.evaluate(() => window.kept.flush());
    const report = await page.evaluate(() => window.kept.report());
    expect(report).toMatchObject({ cache: { exact: { count: 2 } } });

    const added = await page.evaluate(
      async ([pdf, locked]) => {
        const md = new File(
          ['# Cards\n\nA lost card is frozen at once.\n\n# Rates\n\nSavings earn interest.'],
          'cards.md',
        );
        const documents = [
          await window.kept.documents.addFile(md),
          await window.kept.documents.addFile(new File([Uint8Array.from(pdf!)], 'travel.pdf')),
        ];
        const refused = await window.kept.documents
          .addFile(new File([Uint8Array.from(locked!)], 'locked.pdf'))
          .catch((error: Error & { code?: string }) => error.code);
        const found = await window.kept.documents.search({
          text: 'my card went missing',
          collection: 'default',
          top: 2,
        });
        return { documents, refused, found };
      },
      [[...textPdf([[['Luggage that is late is brought to your hotel.']]])], [...encryptedPdf()]],
    );
    expect(added.documents).toMatchObject([
      { title: expect.any(String), mediaType: 'text/markdown', encoder: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { mediaType: 'application/pdf', pages: 1 },
    ]);
    expect(added.refused).toBe('INVALID_DOCUMENT');
    expect(added.found[0]).toMatchObject({ text: expect.stringContaining('lost card'), cosine: expect.any(Number) });
    expect(await page.evaluate(() => window.failures)).toEqual([]);
  });

  it('are given to questions that are alike, once rows have certified that they are', async () => {
    // Hardly ever is one of these few audited.
    const semantic = { maxWrongHitRate: 0.2, auditShare: 1e-9 };
    const script = scriptFor('/models/catalog.json', { semantic });
    const site = await openSite({ pages: { '/alike': `<!doctype html><script type="module">${script}</script>` } });
    const page = await visit(await (await browser.newProfile()).newPage(), `${site.url}/alike`);
    onTestFinished(() => page.close());
    const rows = WHAT.flatMap((what) => WAYS.map((way) => ({ text: `${way} my ${what}`, label: what })));
    const standing = await page.evaluate(
      (given) => window.kept.cache.calibrate({ task: 'text-classification', domain: 'clinc150', rows: given }),
      rows,
    );
    expect(standing).toMatchObject({ state: 'certified', rows: 30, entriesNeeded: 15, maxWrongHitRate: 0.2 });
    const first = await label(page, 'what is my credit score');
    for (const { text } of rows.slice(1, 20)) await label(page, text);
    await page.evaluate(() => window.kept.flush());
    const alike = await label(page, 'would you tell me my credit score');
    expect(alike).toMatchObject({ label: first.label, costUsd: 0, cache: { kind: 'semantic', maxWrongHitRate: 0.2 } });
    const other = await label(page, 'would you tell me my pin number');
    expect(other.cache).toBeUndefined();
    expect(await page.evaluate(() => window.failures)).toEqual([]);
  });

  it('are whole or not there when the page is killed while it keeps them', async () => {
    const script = scriptFor('/models/catalog.json');
    const site = await openSite({ pages: { '/killed': `<!doctype html><script type="module">${script}</script>` } });
    const profile = await browser.newProfile();
    const open = async () => visit(await profile.newPage(), `${site.url}/killed`);
    const texts = WHAT.flatMap((what) => WAYS.slice(0, 5).map((way) => `${way} my ${what}`));
    for (const answers of [1, 4, 9]) {
      const dying = await open();
      await dying.evaluate((asked) => {
        const answered: unknown[] = [];
        Object.assign(window, { answered });
        const ask = (text: string) => window.kept.run({ domain: 'clinc150', policy: 'nano', text, cache: 'refresh' });
        void (async () => {
          for (const text of asked) answered.push(await ask(text));
        })();
      }, texts);
      await dying.waitForFunction((n) => (window as unknown as { answered: unknown[] }).answered.length >= n, answers);
      await crashTab(dying);
      // A model that a page died of is left out for a while.
      const plain = await browser.openPage(site, profile);
      await forgetCrashes(plain);
      await plain.close();
    }
    const page = await open();
    onTestFinished(() => page.close());
    const { entries } = await page.evaluate(() => window.kept.cache.stats());
    expect(entries).toBeGreaterThan(0);
    let exact = 0;
    for (const text of texts) {
      const [given, computed] = await page.evaluate(async (asked) => {
        const ask = { domain: 'clinc150', policy: 'nano', text: asked };
        return [await window.kept.run(ask), await window.kept.run({ ...ask, cache: 'off' })] as const;
      }, text);
      expect(given.output).toEqual(computed.output);
      if (given.cache) exact++;
    }
    // A store that answers late on a busy machine is not waited for.
    expect(exact).toBeGreaterThan(0);
    expect(exact).toBeLessThanOrEqual(entries);
    await page.evaluate(() => window.kept.flush());
    expect((await page.evaluate(() => window.kept.cache.stats())).entries).toBe(texts.length);
    expect(await page.evaluate(() => window.failures)).toEqual([]);
  });

  it('are streamed as they first were, cited, and given without being stored where there is no room', async () => {
    const site = await startTextSite(undefined, { script: scriptFor('/site/catalog.json') });
    const page = await visit(await (await browser.newProfile()).newPage(), site.url);
    onTestFinished(() => page.close());
    const first = await streamed(page);
    const again = await streamed(page);
    expect(again.result.cache).toMatchObject({ kind: 'exact' });
    expect(again.text).toBe(first.text);
    expect(again.result.requestId).not.toBe(first.result.requestId);

    const cited = await page.evaluate(async () => {
      await window.kept.documents.addFile(new File(['hello, there is a shop'], 'a.txt'));
      const { citations } = await window.kept.run({
        task: 'text-generation',
        text: 'hello there',
        documents: { maxTokens: 4000 },
        generation: { maxTokens: 2, context: 'trim' },
      });
      return citations;
    });
    expect(cited).toMatchObject([{ marker: '[1]', title: 'a.txt', collection: 'default' }]);

    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(site.url);
    // What the browser remembers of the space that is left goes with the data.
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    const full = await page.evaluate(async () => {
      const ask = { task: 'text-generation', text: 'something else', generation: { maxTokens: 4 } } as const;
      const { tier } = await window.kept.run(ask);
      const refused = await window.kept.documents
        .addFile(new File(['words '.repeat(500_000)], 'b.txt'))
        .catch((error: Error & { code?: string }) => error.code);
      return { tier, refused };
    });
    expect(full).toEqual({ tier: 'tiny', refused: 'STORAGE_FAILED' });
  });
});
