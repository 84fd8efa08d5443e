import { readFileSync } from 'node:fs';
import { quantile } from '@terrace/core';
import { launch, servePage } from '@terrace/test/browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { printFigures } from '../report.js';

const ROUNDS = 5;
const MANY = 5;
const MiB = 2 ** 20;
/** After the last answer: what is collected and given back by then is no longer held. */
const SETTLE_MS = 4000;
/** To find out that a tab is gone, take its place and start a worker. */
const FAIL_OVER_MS = 2000;

const ASK = { domain: 'clinc150', text: 'do not let anyone touch my money' };

interface Answered {
  readonly path: readonly string[];
  readonly trace: readonly { readonly kind: string; readonly durationMs?: number }[];
}

/** Figures 1 and 2 of several tabs: what they hold together, and how soon one takes the place of another. */
export async function browserTabs(): Promise<void> {
  const server = await servePage();
  const ratios: number[] = [];
  const failOvers: FailOver[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = await heldBytes(server.url, 1);
    const many = await heldBytes(server.url, MANY);
    ratios.push(many / one);
    console.log(`round ${round + 1}: one tab holds ${inMiB(one)}, ${MANY} tabs ${inMiB(many)} beyond blank pages`);
    const failOver = await timeFailOver(server.url);
    failOvers.push(failOver);
    console.log(
      `  first answer ${failOver.tookMs.toFixed(0)} ms after the crash, ${failOver.loadMs.toFixed(0)} ms of it one load`,
    );
  }
  await server.close();
  const ratio = quantile(ratios, 0.5);
  const slowestMs = Math.max(...failOvers.map(({ tookMs, loadMs }) => tookMs - loadMs));
  printFigures(`Tabs of one site in Chromium, ${ROUNDS} rounds`, [
    {
      name: `memory of ${MANY} tabs over that of one, blank pages subtracted (median)`,
      wanted: 'at most 1.3',
      measured: ratio.toFixed(2),
      holds: ratio <= 1.3,
    },
    {
      name: 'from the crash of the leader to the first answer, one load of a model aside (slowest)',
      wanted: 'at most 2000 ms',
      measured: `${slowestMs.toFixed(0)} ms`,
      holds: slowestMs <= FAIL_OVER_MS,
    },
    {
      name: 'requests lost or answered twice',
      wanted: '0',
      measured: `${failOvers.reduce((sum, { wrong }) => sum + wrong, 0)}`,
      holds: failOvers.every(({ wrong }) => wrong === 0),
    },
  ]);
}

const inMiB = (bytes: number): string => `${(bytes / MiB).toFixed(0)} MiB`;

/** What tabs with a runtime that has answered hold, blank pages of the same site subtracted. Models were here before. */
async function heldBytes(url: string, count: number): Promise<number> {
  const browser = await launch();
  const context = await browser.newContext();
  const visit = await openPage(context, url);
  await openRuntime(visit);
  await ask(visit);
  await visit.close();
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) pages.push(await openPage(context, url));
  const blank = await proportionalBytes(browser, pages);
  for (const page of pages) await openRuntime(page);
  for (const page of pages) for (let i = 0; i < 20; i++) await ask(page);
  const held = await proportionalBytes(browser, pages);
  await browser.close();
  return held - blank;
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction("'terrace' in globalThis");
  return page;
}

const openRuntime = (page: Page): Promise<unknown> =>
  page.evaluate(`(async () => {
    globalThis.runtime = await terrace.createBrowserRuntime({ catalogUrl: '/models/catalog.json' });
  })()`);

const ask = (page: Page): Promise<Answered> => page.evaluate(`runtime.run(${JSON.stringify(ASK)})`);

/** Of all processes of the browser, pages that several of them share divided among them. */
async function proportionalBytes(browser: Browser, pages: readonly Page[]): Promise<number> {
  await pages[0]!.waitForTimeout(SETTLE_MS);
  for (const page of pages) {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    await session.detach();
  }
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const kibibytes = processInfo.map(({ id }) => /Pss:\s+(\d+)/.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8')));
  return kibibytes.reduce((sum, found) => sum + Number(found?.[1] ?? 0) * 1024, 0);
}

interface FailOver {
  readonly tookMs: number;
  /** Of one model, the one that took longest, within that. */
  readonly loadMs: number;
  /** Requests without an answer, or with another than one. */
  readonly wrong: number;
}

interface Outcome {
  readonly question: number;
  readonly atMs: number;
  readonly loadMs: number;
}

/** Questions of another tab, some at a time, until the leader has crashed and a new one has answered. */
const ASK_ON = `
  globalThis.outcomes = [];
  globalThis.asked = 0;
  globalThis.isAsking = true;
  const asker = async () => {
    while (isAsking) {
      const question = asked++;
      const { trace } = await runtime.run(${JSON.stringify(ASK)});
      const loadMs = Math.max(0, ...trace.map(({ kind, durationMs }) => (kind === 'load' ? durationMs : 0)));
      outcomes.push({ question, atMs: Date.now(), loadMs });
    }
  };
  for (let i = 0; i < 4; i++) void asker();`;

async function timeFailOver(url: string): Promise<FailOver> {
  const browser = await launch();
  const context = await browser.newContext();
  const [leader, other] = [await openPage(context, url), await openPage(context, url)];
  for (const page of [leader, other]) {
    await openRuntime(page);
    await ask(page);
  }
  await other.evaluate(`(() => {${ASK_ON}})()`);
  await other.waitForTimeout(1000);
  const crashed = leader.waitForEvent('crash');
  const session = await context.newCDPSession(leader);
  const fromMs = Date.now();
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
  await other.waitForFunction('outcomes.some(({ loadMs }) => loadMs > 0)');
  await other.evaluate('isAsking = false');
  await other.waitForFunction('outcomes.length >= asked');
  await other.waitForTimeout(500);
  const outcomes: readonly Outcome[] = await other.evaluate('outcomes');
  const asked: number = await other.evaluate('asked');
  await browser.close();
  const { atMs, loadMs } = outcomes.find((each) => each.loadMs > 0)!;
  const answered = new Set(outcomes.map(({ question }) => question)).size;
  return { tookMs: atMs - fromMs, loadMs, wrong: asked - answered + (outcomes.length - answered) };
}
