import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { launch } from './browser.js';
import { startKioskSite } from './kiosk-site.js';
import type { StaticServer } from './static-server.js';

/** Chromium takes a second to start, and longer on a busy machine. */
const START_MS = 60_000;

/** The interface is English and nothing moves, unless a test wants it otherwise. */
const VISITOR: BrowserContextOptions = { locale: 'en-US', reducedMotion: 'reduce' };

/** A browser and a server of the page, for the tests of a file. */
export interface KioskUnderTest {
  readonly site: StaticServer;
  /** Where a visit has left its models, so that not every test has to bring them. */
  readonly profile: BrowserContext;
  /** A profile with nothing stored in it, for one test. */
  newProfile(options?: BrowserContextOptions): Promise<BrowserContext>;
}

export function kioskOfThisSuite(options: BrowserContextOptions = {}): () => KioskUnderTest {
  let started: (KioskUnderTest & { readonly browser: Browser }) | undefined;
  beforeAll(async () => {
    const [browser, site] = await Promise.all([launch(), startKioskSite()]);
    started = {
      browser,
      site,
      profile: await browser.newContext({ ...VISITOR, ...options }),
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
