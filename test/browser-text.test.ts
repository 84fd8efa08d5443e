import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browserOfThisSuite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import type { StaticServer } from './support/static-server.js';
import { putSmolLm2, startTextSite } from './support/text-site.js';

const { TERRACE_TEXT_MODEL } = process.env;

const ASK = { task: 'text-generation', text: 'hello there', generation: { maxTokens: 8 } } as const;

async function visit(profile: BrowserContext, site: StaticServer): Promise<Page> {
  const page = await profile.newPage();
  onTestFinished(() => page.close());
  await page.goto(site.url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

/** Kinds of steps in order, and all text. */
const streamed = (page: Page, ask: object) =>
  page.evaluate(async (input) => {
    const kinds: string[] = [];
    let text = '';
    let tier = '';
    for await (const step of window.runtime.stream(input as never)) {
      kinds.push(step.kind);
      if (step.kind === 'text') text += step.text;
      if (step.kind === 'result') ({ tier } = step.result);
    }
    return { kinds, text, tier };
  }, ask);

const failureOf = (page: Page, ask: object) =>
  page.evaluate(
    (input) =>
      window.runtime.run(input as never).then(
        () => 'answered',
        (error: { code?: string; message: string }) => error.code ?? error.message,
      ),
    ask,
  );

describe.skipIf(!HAS_CHROMIUM)('text in a page (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('is streamed by a model of the site, under a policy without eval, and its script comes with the first request', async () => {
    const site = await startTextSite();
    const page = await visit(await browser.newProfile(), site);
    expect(site.asked.filter((path) => /text(-worker)?\.js|model\.onnx/.test(path))).toEqual([]);
    const { kinds, text, tier } = await streamed(page, ASK);
    expect([kinds.at(-1), tier]).toEqual(['result', 'tiny']);
    expect(kinds.filter((kind) => kind === 'text').length).toBeGreaterThan(1);
    const whole = await page.evaluate(async (input) => window.runtime.run(input), ASK);
    expect(whole).toMatchObject({ output: { kind: 'text', choices: [{ role: 'assistant', text }] } });
    const plan = await page.evaluate(async () => window.runtime.recommend({ task: 'text-generation' }));
    expect(plan).toMatchObject({ ladder: [{ tier: { id: 'tiny' }, estimate: { provider: 'wasm' } }] });
  });

  it('is shared by tabs, and gone on with where it was when the one that leads is closed', async () => {
    const profile = await browser.newProfile();
    const site = await startTextSite();
    const leader = await visit(profile, site);
    const follower = await visit(profile, site);
    const ask = { ...ASK, generation: { maxTokens: 60 } };
    const expected = (await streamed(leader, ask)).text;
    const reading = follower.evaluate(async (input) => {
      let text = '';
      for await (const step of window.runtime.stream(input as never)) {
        if (step.kind !== 'text') continue;
        text += step.text;
        document.title = `${text.length}`;
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      return text;
    }, ask);
    await follower.waitForFunction(() => Number(document.title) > 5);
    await leader.close();
    expect(await reading).toBe(expected);
  });

  it('goes no further than it is read, and ends with its reader', async () => {
    const page = await visit(await browser.newProfile(), await startTextSite());
    const ask = { ...ASK, generation: { maxTokens: 200 } };
    const left = await page.evaluate(async (input) => {
      const steps = window.runtime.stream(input as never);
      let read = 0;
      for await (const step of steps) if (step.kind === 'text' && ++read === 3) break;
      const control = new AbortController();
      const aborted = window.runtime.run(input as never, { signal: control.signal });
      setTimeout(() => control.abort(new Error('enough')), 100);
      return aborted.then(
        () => 'answered',
        (error: Error) => error.message,
      );
    }, ask);
    expect(left).toBe('enough');
    expect((await streamed(page, ASK)).kinds.at(-1)).toBe('result');
  });

  it('asks the page what it thinks of an answer', async () => {
    const page = await visit(await browser.newProfile(), await startTextSite());
    const seen = await page.evaluate(async (input) => {
      const texts: string[] = [];
      const check = (text: string): number => {
        texts.push(text);
        return 1;
      };
      const result = await window.runtime.run(input as never, { check });
      return { texts, text: result.output.kind === 'text' ? result.output.choices[0]!.text : '' };
    }, ASK);
    expect(seen.texts).toEqual([seen.text]);
  });

  it('keeps what its texts took when it is told to, and that the model has been examined', async () => {
    const page = await visit(await browser.newProfile(), await startTextSite());
    await page.evaluate((input) => window.runtime.run(input), ASK);
    await page.evaluate(() => window.runtime.flush());
    // Of a runtime beside it, which has only what is stored.
    const requests = await page.evaluate(`import('/terrace/index.js').then(async ({ createBrowserRuntime }) => {
      const other = await createBrowserRuntime({ catalogUrl: '/site/catalog.json', shared: false });
      return (await other.report()).requests;
    })`);
    expect(requests).toBe(1);
    const tests = await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open('terrace-self-tests');
          opening.addEventListener('error', () => reject(opening.error!));
          opening.addEventListener('success', () => {
            const reading = opening.result.transaction('values').objectStore('values').getAll();
            reading.addEventListener('success', () => resolve(reading.result));
          });
        }),
    );
    expect(tests).toMatchObject([{ provider: 'wasm', verdict: { kind: 'passed' } }]);
  });

  it('tells how sure it is where the catalog brings a calibration', async () => {
    const page = await visit(await browser.newProfile(), await startTextSite(undefined, { isCalibrated: true }));
    const result = await page.evaluate((input) => window.runtime.run(input), ASK);
    expect(result).toMatchObject({ tier: 'tiny', verdict: { calibrated: true } });
    expect(result.confidence).toBeCloseTo(0.75);
  });

  it('refuses what is wrong, and goes on', async () => {
    const page = await visit(await browser.newProfile(), await startTextSite());
    expect(await failureOf(page, { ...ASK, generation: { n: 100 } })).toBe('INVALID_REQUEST');
    expect(await failureOf(page, { ...ASK, generation: { temperature: -1 } })).toBe('INVALID_REQUEST');
    expect(await failureOf(page, { ...ASK, text: 'a b '.repeat(1000) })).toBe('CONTEXT_EXCEEDED');
    expect(await failureOf(page, { ...ASK, text: 'a'.repeat(1024 * 1024) })).toBe('CONTEXT_EXCEEDED');
    expect(await failureOf(page, { ...ASK, text: 'a'.repeat(2 * 1024 * 1024) })).toBe('INVALID_REQUEST');
    expect((await streamed(page, ASK)).kinds.at(-1)).toBe('result');
  });

  it.each(['text.js', 'text-worker.js'])('says so when %s is not there', async (missing) => {
    const site = await startTextSite();
    site.intercept = ({ url }, response) => {
      if (url !== `/terrace/${missing}`) return false;
      response.writeHead(404).end();
      return true;
    };
    const page = await visit(await browser.newProfile(), site);
    expect(await failureOf(page, ASK)).toBe('ASSETS_MISSING');
  });

  it.skipIf(!TERRACE_TEXT_MODEL)(
    'is streamed by SmolLM2 (needs TERRACE_TEXT_MODEL)',
    { timeout: 240_000 },
    async () => {
      const page = await visit(await browser.newProfile(), await startTextSite(putSmolLm2(TERRACE_TEXT_MODEL!)));
      const ask = { task: 'text-generation', text: 'The capital of France is', generation: { maxTokens: 3 } };
      const { text, tier } = await streamed(page, ask);
      expect(tier).toBe('smollm2');
      expect(text.length).toBeGreaterThan(0);
    },
  );
});
