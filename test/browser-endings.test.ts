import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { PageRuntime } from './support/page-runtime.js';
import type { StaticServer } from './support/static-server.js';

const ask = { domain: 'clinc150', text: HARD };
const CLOSED = { code: 'RUNTIME_CLOSED', hint: expect.stringContaining('before closing') };
const LEFT = { failure: { message: 'the user left' } };

/** From now on weights are asked for and never come. @returns what resolves when that happens */
function holdWeights(site: StaticServer): Promise<void> {
  return new Promise((resolve) => {
    site.intercept = ({ url = '' }) => {
      const isHeld = url.endsWith('.onnx');
      if (isHeld) resolve();
      return isHeld;
    };
  });
}

describe.skipIf(!HAS_CHROMIUM)('a request in a page ends (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('at its deadline with the best answer so far, whether models are loaded or not', async () => {
    const runtime = await browser.openRuntime(await openSite());
    const hurried = { ...ask, deadlineMs: 1 };
    const first = await runtime.run(hurried);
    expect(first).toMatchObject({ path: ['nano'], verdict: { degraded: 'deadline' } });
    expect((await runtime.run(ask)).path).toEqual(['nano', 'base']);
    expect(await runtime.run(hurried)).toMatchObject({ path: ['nano'], output: first.output });
  });

  it('before anything is asked for, when its signal has been aborted already', async () => {
    const site = await openSite();
    const { page } = await browser.openRuntime(site);
    const run = (input: typeof ask) =>
      window.driver.attempt(() =>
        window.driver.runtime.run(input, { signal: AbortSignal.abort(new Error('the user left')) }),
      );
    expect(await page.evaluate(run, ask)).toMatchObject(LEFT);
    expect(site.asked.filter((path) => path.endsWith('.onnx'))).toEqual([]);
  });

  it('at once while its model is on the way, and the next one is answered', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const isHeld = holdWeights(site);
    const start = (input: typeof ask) => {
      const control = new AbortController();
      window.addEventListener('leave', () => control.abort(new Error('the user left')));
      const { attempt } = window.driver;
      return attempt(() => window.driver.runtime.run(input, { signal: control.signal }));
    };
    const asking = runtime.page.evaluate(start, ask);
    await isHeld;
    await runtime.page.evaluate(() => void window.dispatchEvent(new Event('leave')));
    expect(await asking).toMatchObject(LEFT);
    site.intercept = () => false;
    expect(await runtime.run(ask)).toMatchObject({ path: ['nano', 'base'] });
  });

  it('while it runs or waits for its turn, and others beside it are answered', async () => {
    const runtime = await browser.openRuntime(await openSite());
    await runtime.prepare({ domain: ask.domain });
    const start = async () => {
      const control = new AbortController();
      const long = 'freeze my account '.repeat(80);
      const run = (text: string, signal?: AbortSignal) =>
        window.driver.attempt(async () => {
          const options = signal ? { signal } : {};
          return (await window.driver.runtime.run({ domain: 'clinc150', text, policy: 'base' }, options)).tier;
        });
      const left = Array.from({ length: 8 }, (_, i) => run(`${i} ${long}`, control.signal));
      const stayed = [run('what is my credit score'), run('play some music')];
      setTimeout(() => control.abort(new Error('the user left')), 50);
      return { left: await Promise.all(left), stayed: await Promise.all(stayed) };
    };
    const { left, stayed } = await runtime.page.evaluate(start);
    expect(left.filter((outcome) => 'failure' in outcome).length).toBeGreaterThan(0);
    for (const outcome of left) expect(outcome).toMatchObject('failure' in outcome ? LEFT : { value: 'base' });
    expect(stayed).toEqual([{ value: 'base' }, { value: 'base' }]);
  });

  it('when nobody reads its steps any more', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const kinds = await runtime.page.evaluate(async (input) => {
      const seen: string[] = [];
      for await (const step of window.driver.runtime.stream(input)) {
        seen.push(step.kind);
        if (step.kind === 'answer') break;
      }
      return seen;
    }, ask);
    expect(kinds.at(-1)).toBe('answer');
    // What it was climbing for is given up, and the next request does not wait for it.
    expect(await runtime.run({ ...ask, text: EASY })).toMatchObject({ path: ['nano'] });
  });

  it('with its runtime: closing twice is closing once, and every call after it is told so', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    const isHeld = holdWeights(site);
    const underWay = runtime.run(ask).catch((error: unknown) => error);
    await isHeld;
    await Promise.all([runtime.close(), runtime.close()]);
    await runtime.close();
    expect(await underWay).toMatchObject(CLOSED);
    await expect(runtime.run(ask)).rejects.toMatchObject(CLOSED);
    await expect(runtime.steps(ask)).rejects.toMatchObject(CLOSED);
    await expect(runtime.prepare({ domain: ask.domain })).rejects.toMatchObject(CLOSED);
    await expect(runtime.profile()).rejects.toMatchObject(CLOSED);
    await expect.poll(() => runtime.page.workers().map((worker) => worker.url()), { timeout: 10_000 }).toEqual([]);
  });

  it('and a runtime after it in the same page answers', async () => {
    const site = await openSite();
    const first = await browser.openRuntime(site);
    expect(await first.run(ask)).toMatchObject({ path: ['nano', 'base'] });
    await first.close();
    const second = await PageRuntime.open(first.page);
    expect(await second.run(ask)).toMatchObject({ path: ['nano', 'base'] });
  });

  it('and leaves no worker behind, however often a page opens and closes one', async () => {
    const page = await browser.openPage(await openSite());
    for (let visit = 0; visit < 6; visit++) {
      const runtime = await PageRuntime.open(page);
      expect(await runtime.run(ask)).toMatchObject({ path: ['nano', 'base'] });
      await runtime.close();
    }
    await expect.poll(() => page.workers().map((worker) => worker.url()), { timeout: 10_000 }).toEqual([]);
  });
});
