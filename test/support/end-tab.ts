import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';

/** Ends the renderer of a tab as the kernel does when memory is short. */
export async function crashTab(tab: Page): Promise<void> {
  const crashed = tab.waitForEvent('crash');
  const session = await tab.context().newCDPSession(tab);
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
}

/** The process that draws a tab: whichever works while the tab does. */
export async function rendererOf(tab: Page): Promise<number> {
  const session = await tab.context().browser()!.newBrowserCDPSession();
  const renderers = async (): Promise<number[]> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  };
  const ticksOf = (id: number): number => {
    const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(user) + Number(system);
  };
  const before = new Map((await renderers()).map((id) => [id, ticksOf(id)]));
  await tab.evaluate(() => {
    for (const untilMs = performance.now() + 1000; performance.now() < untilMs;);
  });
  const [busiest] = [...before].toSorted(([a, from], [b, since]) => ticksOf(b) - since - (ticksOf(a) - from));
  await session.detach();
  return busiest![0];
}

/** The process of a browser with all its tabs. */
export async function browserProcessOf(profile: BrowserContext): Promise<number> {
  const session = await profile.browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.find(({ type }) => type === 'browser')!.id;
}
