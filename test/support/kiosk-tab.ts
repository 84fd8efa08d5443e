import type { BrowserContext, Page } from 'playwright-core';
import type { PageOptions } from './page-runtime.js';
import type { StaticServer } from './static-server.js';

/** What a tab under load keeps of itself. */
export interface TabLog {
  readonly roles: string[];
  /** Of each question how often it was answered, and by what. */
  readonly answers: { readonly question: number; readonly label: string; readonly atMs: number }[];
  readonly failures: string[];
  asked: number;
}

declare global {
  interface Window {
    log: TabLog;
    /** Whether questions go on. */
    isAsking: boolean;
  }
}

/** A tab with a runtime that keeps a log, `window.log`. */
export async function openTab(profile: BrowserContext, site: StaticServer, options: PageOptions = {}): Promise<Page> {
  const page = await profile.newPage();
  await page.goto(site.url);
  await page.evaluate(async (given) => {
    const log: TabLog = { roles: [], answers: [], failures: [], asked: 0 };
    const runtime = await window.terrace.createBrowserRuntime({
      catalogUrl: '/models/catalog.json',
      ...given,
      onRole: (role) => log.roles.push(role),
    });
    Object.assign(window, { log, driver: { runtime } });
  }, options);
  return page;
}

export const roleOf = (page: Page): Promise<string | undefined> => page.evaluate(() => window.log.roles.at(-1));

/** Some questions at a time, for ever. */
export const beginAsking = (page: Page, atOnce: number): Promise<void> =>
  page.evaluate((width) => {
    const { log, driver } = window;
    window.isAsking = true;
    const asker = async (): Promise<void> => {
      while (window.isAsking) {
        const question = log.asked++;
        await driver.runtime.run({ domain: 'clinc150', text: 'what is my credit score' }).then(
          ({ output }) => {
            const label = output.kind === 'classification' ? output.label : '';
            log.answers.push({ question, label, atMs: Date.now() });
          },
          (error: unknown) => log.failures.push(String(error)),
        );
      }
    };
    for (let i = 0; i < width; i++) void asker();
  }, atOnce);

/** Lets what was asked be answered, and asks no more. */
export async function endAsking(page: Page): Promise<TabLog> {
  await page.evaluate(() => void (window.isAsking = false));
  await page.waitForFunction(() => window.log.answers.length + window.log.failures.length >= window.log.asked);
  return page.evaluate(() => window.log);
}
