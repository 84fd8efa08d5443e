import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { BARE_FLAGS, STARTED_CHROMIUM } from './chromium.js';
import { startStaticServer, type StaticServer } from './static-server.js';

const inRepository = (folder: string): string => fileURLToPath(new URL(`../../${folder}`, import.meta.url));

/** What a page needs from its server, as a static host has it. */
export const PAGE_FOLDERS: Readonly<Record<string, string>> = {
  '/terrace/': inRepository('packages/browser-host/dist/bundle'),
  '/models/': inRepository('models'),
};

/** A page without any build step: `window.terrace` is the package. */
export const PLAIN_PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Terrace</title>
<script type="module">
  import * as terrace from '/terrace/index.js';
  window.terrace = terrace;
</script>`;

export const launch = (flags: readonly string[] = BARE_FLAGS): Promise<Browser> =>
  chromium.launch({ executablePath: STARTED_CHROMIUM, args: [...flags] });

/** With what is stored in a folder. */
export const launchProfile = (folder: string, flags: readonly string[] = BARE_FLAGS): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, { executablePath: STARTED_CHROMIUM, args: [...flags] });

/** A server with the package, the shipped models and the plain page at `/`. */
export const servePage = (headers: Readonly<Record<string, string>> = {}): Promise<StaticServer> =>
  startStaticServer({ folders: PAGE_FOLDERS, pages: { '/': PLAIN_PAGE }, headers });

/** Opens the page in a profile of its own and waits until the package is there. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction("'terrace' in globalThis");
  return page;
}
