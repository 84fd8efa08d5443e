import { quantile } from '@terrace/core';
import { launch } from '@terrace/test/browser';
import type { Browser } from 'playwright-core';
import { printFigures } from '../report.js';
import { hasKiosk, serveKiosk } from './kiosk.js';

const ROUNDS = 15;
/** What a phone of a few years ago is slower than this machine. */
const CPU_SLOWDOWN = 4;
const LIMIT_MS = 1000;

/** Since the navigation, in milliseconds. */
interface Painted {
  /** What has been painted has a field that can be typed into. */
  readonly firstPaintMs: number;
  /** The page is alive: what was typed is asked. */
  readonly aliveMs: number;
}

/** Figure 4 of the kiosk: first visits, with nothing in any cache, on a processor that is slowed down. */
export async function kioskPaint(): Promise<void> {
  if (!hasKiosk('kiosk-paint')) return;
  const server = await serveKiosk();
  const browser = await launch();
  await firstVisit(browser, server.url);
  const visits: Painted[] = [];
  for (let round = 0; round < ROUNDS; round++) visits.push(await firstVisit(browser, server.url));
  await browser.close();
  await server.close();
  const figure = (name: string, times: readonly number[]) => ({
    name,
    wanted: `under ${LIMIT_MS} ms`,
    measured: `${quantile(times, 0.5).toFixed(0)} ms (most ${Math.max(...times).toFixed(0)} ms)`,
    holds: quantile(times, 0.5) < LIMIT_MS,
  });
  printFigures(`First visits of the kiosk at ${CPU_SLOWDOWN}x CPU throttling, median of ${ROUNDS}`, [
    figure(
      'first paint, with a field to type into',
      visits.map(({ firstPaintMs }) => firstPaintMs),
    ),
    figure(
      'until the page asks what was typed',
      visits.map(({ aliveMs }) => aliveMs),
    ),
  ]);
}

async function firstVisit(browser: Browser, url: string): Promise<Painted> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (document.querySelector('button[type=submit]') === null) return;
      performance.mark('alive');
      watch.disconnect();
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  await page.goto(url);
  const read = await page.waitForFunction(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const [alive] = performance.getEntriesByName('alive');
    return paint && alive && { firstPaintMs: paint.startTime, aliveMs: alive.startTime };
  });
  const painted = (await read.jsonValue()) as Painted;
  await context.close();
  return painted;
}
