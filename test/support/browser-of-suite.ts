import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { launch, launchProfile, PAGE_FOLDERS, PLAIN_PAGE } from './browser.js';
import { installDriver, PageRuntime, type PageOptions } from './page-runtime.js';
import { startStaticServer, type StaticServer } from './static-server.js';

/** Headless Chromium takes a second to start, and longer on a busy machine. */
const START_MS = 60_000;

type Site = Pick<StaticServer, 'url'>;

/** Of a browser, what a test gets for itself. */
interface Tabs {
  /** A profile with nothing stored in it, for one test: as a private window, it is in memory. */
  newProfile(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A tab with the page of a site, for one test; in a profile of its own unless one is given. */
  openPage(site: Site, profile?: BrowserContext): Promise<Page>;
  /** A runtime in such a tab. */
  openRuntime(site: Site, options?: PageOptions, profile?: BrowserContext): Promise<PageRuntime>;
}

export interface BrowserUnderTest extends Tabs {
  /** A visit that all tests of the suite share. */
  visitOfThisSuite(): () => Visit;
}

/** A runtime with the shipped models, and where it is. */
interface Visit {
  readonly site: StaticServer;
  readonly profile: BrowserContext;
  readonly runtime: PageRuntime;
}

/** Starts before the tests of a suite and ends after them. */
export function browserOfThisSuite(flags?: readonly string[]): BrowserUnderTest {
  let browser: Browser | undefined;
  beforeAll(async () => void (browser = await launch(flags)), START_MS);
  afterAll(() => browser?.close());
  return {
    ...tabsOf(() => browser!),
    visitOfThisSuite() {
      let visit: Visit | undefined;
      beforeAll(async () => {
        const site = await startSite({});
        const profile = await browser!.newContext();
        visit = { site, profile, runtime: await PageRuntime.open(await openTab(profile, site)) };
      }, START_MS);
      afterAll(() => visit?.site.close());
      return () => visit!;
    },
  };
}

/** For one try of one test: a browser whose graphics process may crash takes nothing else with it. */
export async function browserOfThisTest(flags: readonly string[]): Promise<Tabs> {
  const browser = await launch(flags);
  onTestFinished(() => browser.close());
  return tabsOf(() => browser);
}

function tabsOf(browser: () => Browser): Tabs {
  const newProfile: Tabs['newProfile'] = async (options) => {
    const profile = await browser().newContext(options);
    onTestFinished(() => profile.close());
    return profile;
  };
  const openPage: Tabs['openPage'] = async (site, profile) => {
    const page = await openTab(profile ?? (await newProfile()), site);
    onTestFinished(() => page.close());
    return page;
  };
  return {
    newProfile,
    openPage,
    openRuntime: async (site, options, profile) => PageRuntime.open(await openPage(site, profile), options),
  };
}

/** A profile on the disk, in a browser of its own, for the tests of a suite. */
export function profileOfThisSuite(): () => BrowserContext {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-profile-'));
  let profile: BrowserContext | undefined;
  beforeAll(async () => void (profile = await launchProfile(folder)), START_MS);
  afterAll(async () => {
    await profile?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => profile!;
}

export async function openTab(profile: BrowserContext, { url }: Site): Promise<Page> {
  const page = await profile.newPage();
  await page.addInitScript(installDriver);
  // The event waits for module scripts.
  await page.goto(url, { waitUntil: 'load' });
  return page;
}

type SiteOptions = Parameters<typeof startStaticServer>[0];

const startSite = ({ headers = {}, folders, pages }: SiteOptions): Promise<StaticServer> =>
  startStaticServer({
    folders: { ...PAGE_FOLDERS, ...folders },
    pages: { '/': PLAIN_PAGE, ...pages },
    headers,
  });

/** A server with the package, the shipped models and a plain page, for one test. */
export async function openSite(options: SiteOptions = {}): Promise<StaticServer> {
  const site = await startSite(options);
  onTestFinished(() => site.close());
  return site;
}
