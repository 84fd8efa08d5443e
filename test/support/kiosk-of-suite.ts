import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { launch } from './browser.js';
import { startKioskSite } from './kiosk-site.js';
import { isReady } from './kiosk-visit.js';
import type { StaticServer } from './static-server.js';

/** The first visit of a suite brings models and loads them. */
const FIRST_VISIT_MS = 90_000;

/** Chromium takes a second to start, and longer on a busy machine. */
const START_MS = 60_000;

/** The interface is English and nothing moves, unless a test wants it otherwise. */
const VISITOR: BrowserContextOptions = { locale: 'en-US', reducedMotion: 'reduce' };

/** A browser and a server of the page, for the tests of a file. */
export interface KioskUnderTest {
  readonly site: StaticServer;
  /** Visits of several tests, where what one has brought is there for the next. */
  readonly profile: BrowserContext;
  /** A profile with nothing stored in it, for one test. */
  newProfile(options?: BrowserContextOptions): Promise<BrowserContext>;
}

export function kioskOfThisSuite(): () => KioskUnderTest {
  let started: (KioskUnderTest & { readonly browser: Browser }) | undefined;
  beforeAll(async () => {
    const [browser, site] = await Promise.all([launch(), startKioskSite()]);
    started = {
      browser,
      site,
      profile: await browser.newContext(VISITOR),
      async newProfile(more) {
        const profile = await browser.newContext({ ...VISITOR, ...more });
        onTestFinished(() => profile.close());
        return profile;
      },
    };
  }, START_MS);
  afterAll(() => Promise.all([started?.browser.close(), started?.site.close()]));
  return () => started!;
}

/** With a tab that has the models and leads while the tests run: theirs follow, and need not load any. */
export function ledKioskOfThisSuite(): () => KioskUnderTest {
  const kiosk = kioskOfThisSuite();
  beforeAll(async () => {
    const { profile, site } = kiosk();
    const leader = await profile.newPage();
    await leader.goto(site.url);
    await leader.waitForFunction(isReady, undefined, { timeout: FIRST_VISIT_MS });
  }, FIRST_VISIT_MS);
  return kiosk;
}
