import { launch, type Page } from 'puppeteer-core';
import { onTestFinished } from 'vitest';
import { EASY, HARD } from './answers.js';
import { openSite } from './browser-of-suite.js';
import { BARE_FLAGS, STARTED_CHROMIUM } from './chromium.js';
import { liveAnHour, type Hour, type HourTally } from './kiosk-hour.js';
import { installDriver } from './page-runtime.js';
import { ROWS } from './rows.js';
import type { StaticServer } from './static-server.js';
import { engineWorkersOf, memoryOf, type TabMemory } from './tab-memory.js';

const IDLE_UNLOAD_MS = 300;
/** What the ledger keeps. */
export const MOST_OUTCOMES = 20_000;

export interface KioskDay {
  readonly tallies: readonly HourTally[];
  /** One after each hour, when models have been unloaded and no other tab is open. */
  readonly samples: readonly TabMemory[];
  /** Records of the ledger at the end. */
  readonly outcomes: number;
  /** Warnings and failures that the kiosk was told. */
  readonly complaints: readonly string[];
}

/** What there is more of in the last third of a day than in the middle of it; until then, what has room fills. */
export function growthOf({ samples }: KioskDay): Readonly<Record<string, number>> {
  const third = Math.floor(samples.length / 3);
  const grown = (read: (sample: TabMemory) => number): number => {
    const held = samples.map(read);
    return Math.min(...held.slice(-third)) - Math.min(...held.slice(third, -third));
  };
  return {
    pageHeapBytes: grown(({ page }) => page.heapBytes),
    pageTargets: grown(({ page }) => page.targets),
    pagePromises: grown(({ page }) => page.promises),
    pageListeners: grown(({ listeners }) => listeners),
    workerHeapBytes: grown(({ runtimeWorker }) => runtimeWorker.heapBytes),
    workerTargets: grown(({ runtimeWorker }) => runtimeWorker.targets),
    workerPromises: grown(({ runtimeWorker }) => runtimeWorker.promises),
    engineWorkers: grown(({ engineWorkers }) => engineWorkers),
    storedBytes: grown(({ storedBytes }) => storedBytes),
    residentBytes: grown(({ residentBytes }) => residentBytes),
  };
}

/** A kiosk's page from the morning on, in a browser of its own, with another tab that comes and goes every hour. */
export async function liveADay(hours: number, hour: Pick<Hour, 'questions' | 'burst'>): Promise<KioskDay> {
  const site = await openSite();
  serveChat(site);
  const browser = await launch({ executablePath: STARTED_CHROMIUM, headless: true, args: [...BARE_FLAGS] });
  onTestFinished(() => browser.close());
  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(installDriver);
    await openRuntime(page, site.url);
    return page;
  };
  const kiosk = await open();
  await kiosk.evaluate(fillLedger, MOST_OUTCOMES);
  const tallies: HourTally[] = [];
  const samples: TabMemory[] = [];
  const texts = [...ROWS.map(({ text }) => text), EASY, HARD];
  for (let i = 0; i < hours; i++) {
    tallies.push(await kiosk.evaluate(liveAnHour, { ...hour, texts, pauseMs: 2 * IDLE_UNLOAD_MS }));
    await visitInAnotherTab(await open(), site.url);
    await untilUnloaded(kiosk);
    samples.push(await memoryOf(kiosk));
  }
  const outcomes = await kiosk.evaluate(async () => {
    await window.driver.runtime.flush();
    return (await window.driver.runtime.report()).requests;
  });
  const { warnings, failures } = await kiosk.evaluate(() => window.driver.told);
  return { tallies, samples, outcomes, complaints: [...warnings, ...failures.map(({ message }) => message)] };
}

/** As if the kiosk had stood there for weeks: the ledger has all the outcomes that it keeps. Runs in the page. */
async function fillLedger(outcomes: number): Promise<void> {
  await window.driver.runtime.run({ domain: 'clinc150', text: 'what is my credit score' });
  await window.driver.runtime.flush();
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error!));
    });
  const database = await done(indexedDB.open('terrace-ledger'));
  const log = database.transaction('outcomes', 'readwrite').objectStore('outcomes');
  const [[outcome]] = (await done(log.getAll())) as [[object]];
  const [first] = await done(log.getAllKeys());
  const row = Array.from({ length: 100 }, () => outcome);
  for (let last = Number(first) + row.length; last <= outcomes; last += row.length) await done(log.add(row, last));
  database.close();
}

/** Answers, is loaded anew, answers again and is closed; the kiosk's runtime does it for it. */
async function visitInAnotherTab(page: Page, url: string): Promise<void> {
  const ask = (text: string) => window.driver.runtime.run({ domain: 'clinc150', text });
  for (const text of [EASY, HARD]) await page.evaluate(ask, text);
  await openRuntime(page, url);
  await page.evaluate(ask, EASY);
  await page.close();
}

async function openRuntime(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'load' });
  await page.evaluate(async (idleUnloadMs) => {
    const { driver } = window;
    const server = { id: 'server', protocol: 'openai', url: `${location.origin}/v1`, model: 'm' } as const;
    driver.runtime = await window.terrace.createBrowserRuntime({
      catalogUrl: '/models/catalog.json',
      idleUnloadMs,
      endpoints: [{ ...server, placement: 'site', tasks: ['text-classification'], domains: ['clinc150'] }],
      onWarning: (message) => driver.told.warnings.push(message),
      onFailure: (error) => driver.told.failures.push(driver.failureOf(error)),
    });
  }, IDLE_UNLOAD_MS);
}

function serveChat(site: StaticServer): void {
  const message = { role: 'assistant', content: '{"label":"credit_score"}' };
  const answer = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage: {} });
  site.intercept = ({ url }, response) => {
    if (url !== '/v1/chat/completions') return false;
    response.setHeader('content-type', 'application/json').end(answer);
    return true;
  };
}

/** One engine worker stands by for the next model. */
async function untilUnloaded(page: Page): Promise<void> {
  for (let tries = 0; engineWorkersOf(page) > 1 && tries < 100; tries++)
    await new Promise((resolve) => void setTimeout(resolve, 100));
}
