import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import type { PageRuntime } from './support/page-runtime.js';

/** What `scripts/check-browser-size.js` counts for a request to local tiers. */
const COUNTED = ['index.js', 'runtime-worker.js', 'engine-worker.js'];
/** What drives ONNX Runtime, which it holds to a bound of its own. */
const DRIVER = 'wasm-runtime.js';
/** What it counts for the first visit besides. */
const ACQUIRE = 'acquire.js';
const ONNX_RUNTIME = /^ort-/;
/** Longer than a page is idle before its device is measured. */
const IDLE_MS = 3000;

/** Files of the package, those of ONNX Runtime aside. */
const scriptsOf = (asked: readonly string[]): Set<string> =>
  new Set(
    asked
      .filter((path) => path.startsWith('/terrace/'))
      .map((path) => path.slice('/terrace/'.length))
      .filter((name) => !ONNX_RUNTIME.test(name)),
  );

/** One model answers the first request and two the second. */
async function ask(runtime: PageRuntime): Promise<void> {
  expect(await runtime.run({ domain: 'clinc150', text: EASY })).toMatchObject({ path: ['nano'] });
  expect(await runtime.run({ domain: 'clinc150', text: HARD })).toMatchObject({ path: ['nano', 'base'] });
}

const isMeasured = async (runtime: PageRuntime): Promise<boolean> =>
  (await runtime.profile()).providers.every(({ isEstimate }) => !isEstimate);

describe.skipIf(!HAS_CHROMIUM)('the scripts of a page (needs Chromium)', { timeout: 90_000 }, () => {
  const browser = browserOfThisSuite();

  it('are those whose size is checked: the first visit loads what brings, tests and measures, and later ones do not', async () => {
    // The browser keeps no file, so that each one is asked for.
    const site = await openSite({ headers: { 'cache-control': 'no-store' } });
    const profile = await browser.newProfile();
    const first = await browser.openRuntime(site, {}, profile);
    await ask(first);
    await expect.poll(() => isMeasured(first), { timeout: 30_000 }).toBe(true);
    await first.close();
    expect(scriptsOf(site.asked)).toEqual(new Set([...COUNTED, DRIVER, ACQUIRE]));

    site.asked.length = 0;
    const second = await browser.openRuntime(site, {}, profile);
    await ask(second);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    expect(scriptsOf(site.asked)).toEqual(new Set([...COUNTED, DRIVER]));
    // It has looked for a newer catalog, and asked for nothing else.
    expect(site.asked.filter((path) => path.startsWith('/models/'))).toEqual(['/models/catalog.json']);
    expect(await second.told()).toMatchObject({ warnings: [], failures: [] });
  });
});
