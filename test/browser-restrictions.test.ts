import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { BARE_FLAGS, HAS_CHROMIUM } from './support/chromium.js';
import { outcomeOf } from './support/page-runtime.js';

/** Nothing but the page's own files, and of `eval` only what WebAssembly needs. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/** The plain page without an inline script. */
const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
const SCRIPT = "import * as terrace from '/terrace/index.js';\nwindow.terrace = terrace;";

describe.skipIf(!HAS_CHROMIUM)('a strict Content-Security-Policy (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  const openStrictSite = async (policy: string) => {
    const site = await openSite({ headers: { 'content-security-policy': policy }, pages: { '/': PAGE } });
    site.intercept = ({ url }, response) => {
      if (url !== '/page.js') return false;
      response.setHeader('content-type', 'text/javascript').end(SCRIPT);
      return true;
    };
    return site;
  };

  it('is enough for everything', async () => {
    const site = await openStrictSite(POLICY);
    const runtime = await browser.openRuntime(site);
    expect(await runtime.run({ domain: 'clinc150', text: HARD })).toMatchObject({ path: ['nano', 'base'] });
    expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('that forbids workers is named by the error', async () => {
    const site = await openStrictSite(POLICY.replace("worker-src 'self'", "worker-src 'none'"));
    await expect(browser.openRuntime(site)).rejects.toMatchObject({
      code: 'ASSETS_MISSING',
      hint: expect.stringContaining('worker-src'),
    });
  });

  it('that forbids WebAssembly is named by the error', async () => {
    const site = await openStrictSite(POLICY.replace(" 'wasm-unsafe-eval'", ''));
    const runtime = await browser.openRuntime(site);
    await expect(runtime.run({ domain: 'clinc150', text: EASY })).rejects.toMatchObject({
      code: 'NO_TIER_FITS',
      hint: expect.stringContaining("a Content-Security-Policy must allow 'wasm-unsafe-eval'"),
    });
  });
});

describe.skipIf(!HAS_CHROMIUM)('a page without https (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite([...BARE_FLAGS, '--host-resolver-rules=MAP terrace.test 127.0.0.1']);

  it('answers, keeps nothing, and says so', async () => {
    const { url, asked } = await openSite();
    const lan = { url: url.replace('localhost', 'terrace.test') };
    const profile = await browser.newProfile();
    for (const _ of ['the first visit', 'the second']) {
      asked.length = 0;
      const runtime = await browser.openRuntime(lan, {}, profile);
      const has = await runtime.page.evaluate(() => [isSecureContext, 'subtle' in crypto, 'locks' in navigator]);
      expect(has).toEqual([false, false, false]);
      expect(await runtime.run({ domain: 'clinc150', text: HARD })).toMatchObject({ path: ['nano', 'base'] });
      const { warnings, failures } = await runtime.told();
      expect(warnings).toEqual([expect.stringMatching(/is used without being stored.* Serve the page over https/)]);
      expect(failures).toEqual([]);
      expect(await runtime.profile()).toMatchObject({
        warnings: [expect.stringContaining('not served over https')],
        storage: { freeBytes: 0 },
      });
      expect(asked.filter((path) => path.endsWith('.onnx'))).toHaveLength(2);
      await runtime.close();
    }
  });

  it('is wiped of what it could keep all the same', async () => {
    const { url } = await openSite();
    const runtime = await browser.openRuntime({ url: url.replace('localhost', 'terrace.test') });
    const { removed, left } = await outcomeOf(
      runtime.page.evaluate(() => window.driver.attempt(() => window.terrace.wipe())),
    );
    expect(removed).toContainEqual({ kind: 'database', name: 'terrace-store' });
    expect(left).toEqual([]);
  });
});
