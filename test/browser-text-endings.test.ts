import type { ServerResponse } from 'node:http';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browserOfThisSuite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { endPauses, markOf } from './support/crash-marks.js';
import { crashTab } from './support/end-tab.js';
import { residentBytes } from './support/resident-bytes.js';
import type { StaticServer } from './support/static-server.js';
import { startTextSite } from './support/text-site.js';

const ASK = { task: 'text-generation', text: 'hello there', generation: { maxTokens: 8 } } as const;
const CHATS = 20;

async function visit(profile: BrowserContext, { url }: StaticServer, prepare?: (page: Page) => Promise<void>) {
  const page = await profile.newPage();
  onTestFinished(() => page.close());
  await prepare?.(page);
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

const answerTo = (page: Page): Promise<string> =>
  page.evaluate(
    (ask) =>
      window.runtime.run(ask).then(
        ({ tier }) => tier,
        ({ message }: Error) => message,
      ),
    ASK,
  );

describe.skipIf(!HAS_CHROMIUM)(
  'text in a page that ends, or is short of room (needs Chromium)',
  { timeout: 90_000 },
  () => {
    const browser = browserOfThisSuite();

    it('FIELD-BUG 21: a page that died while it loaded a text model leaves that out at the next start, and says until when', async () => {
      const profile = await browser.newProfile();
      const site = await startTextSite();
      const stuck: ServerResponse[] = [];
      let isStuck = true;
      // The worker never comes: the load stands for as long as the page lives.
      site.intercept = ({ url }, response) => {
        const isHeld = isStuck && url === '/terrace/text-worker.js';
        if (isHeld) stuck.push(response);
        return isHeld;
      };
      const dying = await visit(profile, site);
      await dying.evaluate((ask) => void window.runtime.run(ask), ASK);
      await markOf(dying, 'tiny', 'load');
      await crashTab(dying);
      isStuck = false;
      // The browser's cache would wait 20 s for what is still on its way.
      for (const response of stuck) response.destroy();

      const next = await visit(profile, site);
      const { crashes } = await next.evaluate(() => window.runtime.profile());
      expect(crashes).toEqual([expect.objectContaining({ modelId: 'tiny', provider: 'wasm', phase: 'load' })]);
      const refusal = /the page died .* with wasm; it is tried again at 2\d{3}-/;
      // However often it is asked: a page does not die of it again.
      for (const _ of [1, 2]) expect(await answerTo(next)).toMatch(refusal);
      await next.evaluate(() => window.runtime.close());
      await endPauses(next);
      await next.reload();
      await next.waitForFunction(() => document.title === 'ready');
      expect(await answerTo(next)).toBe('tiny');
    });

    it('FIELD-BUG 14: a text model is used without being stored where the browser lets nothing be', async () => {
      const site = await startTextSite();
      const page = await visit(await browser.newProfile(), site, async (tab) => {
        const session = await tab.context().newCDPSession(tab);
        await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 10_000 });
      });
      expect(await answerTo(page)).toBe('tiny');
      expect(await answerTo(page)).toBe('tiny');
      expect(site.asked.filter((path) => path === '/site/model.onnx')).toHaveLength(1);
    });

    it('FIELD-BUG 18: what a tab that follows has asked for ends with it, and the others are answered', async () => {
      const profile = await browser.newProfile();
      const site = await startTextSite();
      const leader = await visit(profile, site);
      expect(await answerTo(leader)).toBe('tiny');
      const follower = await visit(profile, site);
      await follower.evaluate(async (ask) => {
        // It reads one step and then no more, as a tab in the background does.
        const steps = window.runtime.stream({ ...ask, generation: { maxTokens: 200 } });
        for await (const step of { [Symbol.asyncIterator]: () => ({ next: () => steps.next() }) }) {
          if (step.kind === 'text') return;
        }
      }, ASK);
      await follower.close();
      const counted = (): Promise<number[]> =>
        leader.evaluate(async () => {
          const { requests, aborted } = await window.runtime.report();
          return [requests, aborted.count];
        });
      await expect.poll(counted, { timeout: 20_000 }).toEqual([2, 1]);
      expect(await answerTo(leader)).toBe('tiny');
    });

    it.skipIf(process.platform !== 'linux')(`holds no more memory after ${CHATS} chats (needs /proc)`, async () => {
      const page = await visit(await browser.newProfile(), await startTextSite());
      const chats = (first: number): Promise<void> =>
        page.evaluate(
          async ([from, count]) => {
            for (let chat = from!; chat < from! + count!; chat++) {
              const messages: { role: 'user' | 'assistant'; content: string }[] = [];
              for (let turn = 0; turn < 2; turn++) {
                messages.push({ role: 'user', content: `Chat ${chat}, question ${turn}` });
                const result = await window.runtime.run({
                  task: 'text-generation',
                  messages,
                  generation: { maxTokens: 24 },
                });
                messages.push({ role: 'assistant', content: result.output.kind === 'text' ? 'Yes.' : '' });
              }
            }
          },
          [first, CHATS],
        );
      const held = (): Promise<number> => residentBytes(page.context().browser()!);
      await chats(0);
      const before = await held();
      await chats(CHATS);
      expect(await held()).toBeLessThan(before * 1.1);
    });
  },
);
