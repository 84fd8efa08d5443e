import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EASY } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { crashTab, rendererOf } from './support/end-tab.js';
import { beginAsking, endAsking, openTab, roleOf, type TabLog } from './support/kiosk-tab.js';
import { sharedWorkerParts } from './support/shared-worker-parts.js';
import type { StaticServer } from './support/static-server.js';

const LABEL = 'credit_score';
/** Ten beats of a pulse. */
const PATIENCE_MS = 30_000;

const runtimeWorkers = (tabs: readonly Page[]): number =>
  tabs.reduce((sum, tab) => sum + tab.workers().filter((worker) => worker.url().includes('runtime')).length, 0);

/** What has to be true of every tab, whatever happened to the others. */
function expectAllAnsweredOnce({ asked, answers, failures }: TabLog): void {
  expect(failures).toEqual([]);
  expect(answers.map(({ question }) => question).toSorted((a, b) => a - b)).toEqual([...Array(asked).keys()]);
  expect(new Set(answers.map(({ label }) => label))).toEqual(new Set([LABEL]));
}

describe.skipIf(!HAS_CHROMIUM)('tabs of one site (need Chromium)', { timeout: 120_000 }, () => {
  const browser = browserOfThisSuite();

  const openTabs = async (count: number, site: StaticServer): Promise<{ tabs: Page[]; profile: BrowserContext }> => {
    const profile = await browser.newProfile();
    const tabs: Page[] = [];
    for (let i = 0; i < count; i++) tabs.push(await openTab(profile, site));
    return { tabs, profile };
  };
  const rolesOf = (tabs: readonly Page[]): Promise<(string | undefined)[]> => Promise.all(tabs.map(roleOf));

  it('one of them leads, as a shared worker has not what a runtime needs', async () => {
    const { tabs } = await openTabs(1, await openSite());
    expect(await tabs[0]!.evaluate(sharedWorkerParts)).toEqual({ startsWorkers: false, writesFilesAtOnce: false });
  });

  it('FIELD-BUG 18: load a model once, in the tab that leads', async () => {
    const site = await openSite();
    const asked: string[] = [];
    site.intercept = ({ url = '' }) => (asked.push(url), false);
    const { tabs } = await openTabs(3, site);
    expect(await rolesOf(tabs)).toEqual(['leads', 'follows', 'follows']);
    for (const tab of tabs) await beginAsking(tab, 2);
    for (const tab of tabs) await tab.waitForFunction(() => window.log.answers.length > 20);
    for (const tab of tabs) expectAllAnsweredOnce(await endAsking(tab));
    expect(runtimeWorkers(tabs)).toBe(1);
    expect(asked.filter((url) => url.endsWith('.onnx'))).toHaveLength(1);
  });

  it('FIELD-BUG 18: go on when the one that leads is closed: no request is lost, and none answered twice', async () => {
    const { tabs } = await openTabs(2, await openSite());
    const [first, second] = tabs as [Page, Page];
    await beginAsking(second, 4);
    await second.waitForFunction(() => window.log.answers.length > 20);
    await first.close();
    await second.waitForFunction(() => window.log.roles.at(-1) === 'leads');
    const before = await second.evaluate(() => window.log.answers.length);
    await second.waitForFunction((count) => window.log.answers.length > count + 20, before);
    expectAllAnsweredOnce(await endAsking(second));
  });

  it.each([2, 5])('FIELD-BUG 18: go on when the one that leads crashes under load (%s tabs)', async (count) => {
    const { tabs } = await openTabs(count, await openSite());
    const [leader, ...others] = tabs as [Page, ...Page[]];
    for (const tab of tabs) await beginAsking(tab, 2);
    for (const tab of others) await tab.waitForFunction(() => window.log.answers.length > 10);
    await crashTab(leader);
    const counts = await Promise.all(others.map((tab) => tab.evaluate(() => window.log.answers.length)));
    for (const [i, tab] of others.entries())
      await tab.waitForFunction((before) => window.log.answers.length > before + 10, counts[i]!);
    for (const tab of others) expectAllAnsweredOnce(await endAsking(tab));
    expect((await rolesOf(others)).toSorted()).toEqual(['follows', 'follows', 'follows', 'leads'].slice(5 - count));
    expect(runtimeWorkers(others)).toBe(1);
  });

  it('go on when the runtime of the one that leads is closed by its page', async () => {
    const { tabs } = await openTabs(2, await openSite());
    const [first, second] = tabs as [Page, Page];
    await beginAsking(second, 4);
    await second.waitForFunction(() => window.log.answers.length > 10);
    await first.evaluate(() => window.driver.runtime.close());
    await second.waitForFunction(() => window.log.roles.at(-1) === 'leads');
    expectAllAnsweredOnce(await endAsking(second));
    await expect(
      first.evaluate(() => window.driver.runtime.profile().catch((error: { code: string }) => error.code)),
    ).resolves.toBe('RUNTIME_CLOSED');
  });

  it('take the lead from one that no longer answers, and that one follows when it wakes', async () => {
    const { tabs } = await openTabs(2, await openSite());
    const [first, second] = tabs as [Page, Page];
    await beginAsking(second, 1);
    await second.waitForFunction(() => window.log.answers.length > 10);
    const renderer = await rendererOf(first);
    process.kill(renderer, 'SIGSTOP');
    onTestFinished(() => void process.kill(renderer, 'SIGCONT'));
    await second.waitForFunction(() => window.log.roles.at(-1) === 'leads', undefined, { timeout: PATIENCE_MS });
    const before = await second.evaluate(() => window.log.answers.length);
    await second.waitForFunction((count) => window.log.answers.length > count + 5, before);
    process.kill(renderer, 'SIGCONT');
    await first.waitForFunction(() => window.log.roles.at(-1) === 'follows');
    await beginAsking(first, 1);
    await first.waitForFunction(() => window.log.answers.length > 5);
    for (const tab of tabs) expectAllAnsweredOnce(await endAsking(tab));
  });

  it('FIELD-BUG 17: a runtime that is killed in its worker is started anew, and what it was asked is answered', async () => {
    const site = await openSite();
    const script = readFileSync(
      new URL('../packages/browser-host/dist/bundle/runtime-worker.js', import.meta.url),
      'utf8',
    );
    site.intercept = ({ url }, response) => {
      if (url !== '/terrace/runtime-worker.js') return false;
      const ends = `new BroadcastChannel('end').onmessage = () => close();\n`;
      response.setHeader('content-type', 'text/javascript').end(ends + script);
      return true;
    };
    const { tabs } = await openTabs(2, site);
    const [first, second] = tabs as [Page, Page];
    for (const tab of tabs) await beginAsking(tab, 2);
    await second.waitForFunction(() => window.log.answers.length > 10);
    await first.evaluate(() => new BroadcastChannel('end').postMessage('end'));
    const before = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.log.answers.length)));
    for (const [i, tab] of tabs.entries())
      await tab.waitForFunction((count) => window.log.answers.length > count + 10, before[i]!, {
        timeout: PATIENCE_MS,
      });
    for (const tab of tabs) expectAllAnsweredOnce(await endAsking(tab));
  });

  it('with other options have a runtime of their own, and so has one that wants it', async () => {
    const site = await openSite();
    const { tabs, profile } = await openTabs(1, site);
    tabs.push(await openTab(profile, site, { idleUnloadMs: 1234 }), await openTab(profile, site, { shared: false }));
    expect(await rolesOf(tabs)).toEqual(['leads', 'leads', 'leads']);
    expect(runtimeWorkers(tabs)).toBe(3);
  });

  it('that cannot open a runtime say so, each of them, and one that comes later can', async () => {
    const site = await openSite();
    site.intercept = ({ url = '' }, response) => {
      if (!url.startsWith('/models/')) return false;
      response.writeHead(404).end();
      return true;
    };
    const profile = await browser.newProfile();
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => openTab(profile, site)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    site.intercept = () => false;
    expect(await roleOf(await openTab(profile, site))).toBe('leads');
  });

  it('stream, end and abort a request of another tab as their own', async () => {
    const { tabs } = await openTabs(2, await openSite());
    const outcome = await tabs[1]!.evaluate(async (text) => {
      const { runtime } = window.driver;
      const kinds: string[] = [];
      for await (const step of runtime.stream({ domain: 'clinc150', text })) kinds.push(step.kind);
      const control = new AbortController();
      const aborted = runtime.run({ domain: 'clinc150', text }, { signal: control.signal }).catch(String);
      control.abort(new Error('enough'));
      const refused = runtime.run({ text: '' }).catch((error: { code: string }) => error.code);
      return { kinds, aborted: await aborted, refused: await refused };
    }, EASY);
    expect(outcome).toMatchObject({ aborted: 'Error: enough', refused: 'INVALID_REQUEST' });
    expect(outcome.kinds).toEqual(expect.arrayContaining(['trace', 'result']));
  });

  it('that come later pretend to be offline as well, whoever leads, until it is taken back', async () => {
    const site = await openSite();
    const { tabs, profile } = await openTabs(1, site);
    const networkOf = (tab: Page) => tab.evaluate(async () => (await window.driver.runtime.profile()).network);
    // What a start needs is kept then.
    await tabs[0]!.evaluate(() => window.driver.runtime.prepare({ domain: 'clinc150', policy: 'nano' }));
    await tabs[0]!.evaluate(() => window.driver.runtime.setOffline(true));
    const later = await openTab(profile, site);
    await later.evaluate(() => dispatchEvent(new Event('online')));
    expect(await networkOf(later)).toBe('offline');
    await tabs[0]!.close();
    await later.waitForFunction(() => window.log.roles.at(-1) === 'leads');
    expect(await networkOf(later)).toBe('offline');
    const last = await openTab(profile, site);
    await later.close();
    await last.waitForFunction(() => window.log.roles.at(-1) === 'leads');
    expect(await networkOf(last)).toBe('offline');
    await last.evaluate(() => window.driver.runtime.setOffline(false));
    expect(await networkOf(last)).toBe('online');
  });
});
