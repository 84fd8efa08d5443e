import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { launch, type Browser, type Page as Tab } from 'puppeteer-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { installDriver, PageRuntime, type PageOptions } from './page-runtime.js';
import type { StaticServer } from './static-server.js';

/** Debian's Firefox ESR, as `npm run provision` installs it. */
const FIREFOX = process.env.TERRACE_FIREFOX ?? '/usr/bin/firefox-esr';

/** Tests in Firefox are skipped without it. */
export const HAS_FIREFOX = existsSync(FIREFOX);

/** Firefox takes some seconds to start, and longer on a busy machine. */
const START_MS = 90_000;

/**
 * Driven by WebDriver BiDi, Firefox ESR 153 stops a worker for good, about once in twenty starts, when it starts workers
 * of its own: also one of a plain page whose workers do nothing (2 of 40). By itself it does not (0 of 67).
 */
const STOPPED_MS = 20_000;

/** Settings as `about:config` has them. */
type Preferences = Readonly<Record<string, boolean | number | string>>;

/** A tab, as far as the driver of a page asks it. Playwright drives no Firefox of a distribution. */
interface FirefoxPage extends Pick<Page, 'evaluate'> {
  /** @returns whether a worker of the page is alive */
  hasWorkers(): boolean;
  close(): Promise<void>;
}

interface FirefoxUnderTest {
  /** A runtime in a tab of its own, for one test. */
  openRuntime(site: Pick<StaticServer, 'url'>, options?: PageOptions): Promise<PageRuntime<FirefoxPage>>;
  /** Ends the browser and starts it with the profile that it left. */
  restart(): Promise<void>;
}

/**
 * Starts with a profile of its own before the tests of a suite, and ends after them. A tab whose runtime a stopped worker
 * keeps from opening is opened anew; one that stops later costs its test a second try.
 */
export function firefoxOfThisSuite(preferences: Preferences = {}): FirefoxUnderTest {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-firefox-'));
  let browser: Browser | undefined;
  const start = async (): Promise<void> => {
    browser = await launch({
      browser: 'firefox',
      executablePath: FIREFOX,
      headless: true,
      userDataDir: folder,
      extraPrefsFirefox: { ...preferences },
    });
  };
  beforeAll(start, START_MS);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }, START_MS);

  return {
    async openRuntime(site, options) {
      const first = await openTab(browser!, site);
      const opening = PageRuntime.open(pageOf(first), options);
      const runtime = await Promise.race([opening, sleep(STOPPED_MS)]);
      if (runtime) return runtime;
      opening.catch(() => undefined);
      await first.close();
      return PageRuntime.open(pageOf(await openTab(browser!, site)), options);
    },
    async restart() {
      await browser!.close();
      await start();
    },
  };
}

async function openTab(browser: Browser, { url }: Pick<StaticServer, 'url'>): Promise<Tab> {
  const tab = await browser.newPage();
  onTestFinished(() => tab.close().catch(() => undefined));
  await tab.evaluateOnNewDocument(installDriver);
  await tab.goto(url, { waitUntil: 'load' });
  return tab;
}

const sleep = (ms: number): Promise<undefined> => new Promise((resolve) => void setTimeout(resolve, ms, undefined));

const pageOf = (tab: Tab): FirefoxPage => ({
  // Both take a function and its argument.
  evaluate: tab.evaluate.bind(tab) as Page['evaluate'],
  hasWorkers: () => tab.workers().length > 0,
  close: () => tab.close(),
});
