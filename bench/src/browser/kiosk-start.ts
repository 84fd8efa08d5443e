import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { quantile } from '@terrace/core';
import { launchProfile } from '@terrace/test/browser';
import type { StaticServer } from '@terrace/test/static-server';
import type { Page } from 'playwright-core';
import { printFigures } from '../report.js';
import { hasKiosk, serveKiosk } from './kiosk.js';

const PAIRS = 10;
const MOST = 1.2;
/** Whatever is measured, tested or written behind an answer. */
const SETTLE_MS = 6000;
const QUESTIONS = {
  'the first answer': 'How do I freeze my account?',
  'one that climbs': 'Someone used my card in a shop I’ve never been to',
} as const;

/** Figure 3 of the kiosk: a browser that is started without a network over one that is started with it. */
export async function kioskStart(): Promise<void> {
  if (!hasKiosk('kiosk-start')) return;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'terrace-kiosk-'));
  let server: StaticServer | undefined = await serveKiosk();
  const { url } = server;
  const port = Number(new URL(url).port);
  // Everything is kept; V8 keeps compiled WebAssembly after a few visits.
  for (let i = 0; i < 4; i++) for (const text of Object.values(QUESTIONS)) await start(folder, url, text, SETTLE_MS);
  const figures = [];
  for (const [name, text] of Object.entries(QUESTIONS)) {
    const times: Record<'online' | 'offline', number[]> = { online: [], offline: [] };
    for (let pair = 0; pair < PAIRS; pair++)
      for (const network of pair % 2 === 0 ? (['online', 'offline'] as const) : (['offline', 'online'] as const)) {
        if (network === 'offline') await server?.close();
        server = network === 'offline' ? undefined : (server ?? (await serveKiosk(port)));
        times[network].push(await start(folder, url, text));
      }
    const [offline, online] = [quantile(times.offline, 0.5), quantile(times.online, 0.5)];
    console.log(`${name}: offline ${offline.toFixed(0)} ms, online ${online.toFixed(0)} ms after the navigation`);
    figures.push({
      name: `${name} of a cold start without a network over a warm one with it`,
      wanted: `at most ${MOST}`,
      measured: (offline / online).toFixed(2),
      holds: offline / online <= MOST,
    });
  }
  await server?.close();
  await rm(folder, { recursive: true, force: true });
  printFigures(`Starts of the kiosk in a new browser, ${PAIRS} pairs in turn`, figures);
}

/** A browser that is started for one question. @returns from the navigation to its answer, in milliseconds */
async function start(folder: string, url: string, text: string, settleMs = 1500): Promise<number> {
  const profile = await launchProfile(folder);
  const page = await profile.newPage();
  await page.addInitScript(askAtOnce, text);
  await page.goto(url);
  const ms = await answered(page);
  await page.waitForTimeout(settleMs);
  await page.close();
  await profile.close();
  return ms;
}

/** Types and sends as soon as there is where to, and notes when the answer is there. Runs in the page. */
function askAtOnce(text: string): void {
  let isAsked = false;
  const watch = new MutationObserver(() => {
    const input = document.querySelector<HTMLInputElement>('#question');
    if (input && !isAsked) {
      isAsked = true;
      // What was set has to be drawn before it is sent.
      input.value = text;
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      requestAnimationFrame(() => setTimeout(() => input.form!.requestSubmit()));
    }
    if (document.querySelector('article.answer') === null) return;
    performance.mark('answered');
    watch.disconnect();
  });
  watch.observe(document, { childList: true, subtree: true });
}

async function answered(page: Page): Promise<number> {
  const read = await page.waitForFunction(() => performance.getEntriesByName('answered')[0]?.startTime, undefined, {
    timeout: 120_000,
  });
  return (await read.jsonValue())!;
}
