import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { launchProfile } from './support/browser.js';
import { browserOfThisSuite, openSite, openTab } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { endPauses, forgetCrashes, markOf } from './support/crash-marks.js';
import { browserProcessOf, crashTab, rendererOf } from './support/end-tab.js';
import { PageRuntime } from './support/page-runtime.js';
import type { StaticServer } from './support/static-server.js';

const DOMAIN = { domain: 'clinc150' };
const hard = { ...DOMAIN, text: HARD };
const MINUTE = 60_000;
/** It brings the models. */
const FIRST_VISIT_MS = 60_000;
/** A model between the two takes its place; its files come from the site. */
const WITHOUT_BASE = ['nano', 'small'];

/** From now on a model answers question after question; nobody waits for the answers. */
const keepBusy = ({ page }: PageRuntime, policy: string): Promise<void> =>
  page.evaluate(
    (asked) => {
      const { runtime } = window.driver;
      const ask = (): Promise<unknown> => runtime.run(asked).then(ask);
      void ask();
    },
    { ...DOMAIN, text: EASY, policy },
  );

const startPreparing = ({ page }: PageRuntime, policy: string): Promise<void> =>
  page.evaluate((asked) => void window.driver.runtime.prepare(asked), { ...DOMAIN, policy });

const planOf = async (runtime: PageRuntime) => {
  const { trace } = await runtime.run(hard);
  return trace.find((event) => event.kind === 'plan');
};

describe.skipIf(!HAS_CHROMIUM)('a tab that dies (needs Chromium)', { timeout: 180_000 }, () => {
  const browser = browserOfThisSuite();

  const visit = browser.visitOfThisSuite();
  const open = (): Promise<PageRuntime> => browser.openRuntime(visit().site, {}, visit().profile);

  beforeAll(async () => {
    const { runtime } = visit();
    expect(await runtime.run(hard)).toMatchObject({ path: ['nano', 'base'] });
    await runtime.close();
    await runtime.page.close();
  }, FIRST_VISIT_MS);

  beforeEach(async () => {
    const page = await browser.openPage(visit().site, visit().profile);
    await forgetCrashes(page);
    await page.close();
  });

  it('FIELD-BUG 21: while it loads a tier goes on without it at the next start, and says why', async () => {
    const dying = await open();
    await startPreparing(dying, 'base');
    await markOf(dying.page, 'base', 'load');
    await crashTab(dying.page);

    const next = await open();
    expect(await next.run(hard)).toMatchObject({ path: WITHOUT_BASE, verdict: { degraded: 'tier-failed' } });
    const { crashes } = await next.profile();
    expect(crashes).toEqual([
      expect.objectContaining({ modelId: 'base', provider: 'wasm', phase: 'load', timesInARow: 1 }),
    ]);
    expect(crashes![0]!.untilWallMs - crashes![0]!.atWallMs).toBe(MINUTE);
    expect((await planOf(next))!.rejected).toContainEqual({
      tier: 'base',
      variant: 'int8',
      code: 'crashed',
      message: expect.stringMatching(
        /^the page died while it was being loaded with wasm; it is tried again at 2\d{3}-/,
      ),
    });
    await next.close();

    await endPauses(next.page);
    const later = await open();
    const back = await later.run(hard);
    expect(back).toMatchObject({ path: ['nano', 'base'] });
    expect(back.verdict.degraded).toBeUndefined();
    expect(await later.profile()).not.toHaveProperty('crashes');
  });

  it('FIELD-BUG 21: while a tier runs leaves it out, for longer each time, until it has run well', async () => {
    for (const timesInARow of [1, 2, 3]) {
      const dying = await open();
      await keepBusy(dying, 'base');
      await markOf(dying.page, 'base', 'run');
      process.kill(await rendererOf(dying.page), 'SIGKILL');
      const next = await open();
      expect(await next.run(hard)).toMatchObject({ path: WITHOUT_BASE });
      const { crashes } = await next.profile();
      expect(crashes).toEqual([expect.objectContaining({ modelId: 'base', phase: 'run', timesInARow })]);
      expect(crashes![0]!.untilWallMs - crashes![0]!.atWallMs).toBe(MINUTE * 2 ** (timesInARow - 1));
      await next.close();
      await endPauses(next.page);
    }
    const well = await open();
    for (let i = 0; i < 25; i++) expect(await well.run({ ...DOMAIN, text: EASY, policy: 'base' })).toBeDefined();
    await well.close();
    const dying = await open();
    await keepBusy(dying, 'base');
    await markOf(dying.page, 'base', 'run');
    await crashTab(dying.page);
    expect((await (await open()).profile()).crashes).toEqual([expect.objectContaining({ timesInARow: 1 })]);
  });

  it('does not die again of the last tier that is left: that is tried later, and the error says when', async () => {
    const only = { ...DOMAIN, text: EASY, policy: 'nano' };
    const dying = await open();
    await keepBusy(dying, 'nano');
    await markOf(dying.page, 'nano', 'run');
    await crashTab(dying.page);
    const next = await open();
    for (let i = 0; i < 3; i++)
      await expect(next.run(only)).rejects.toMatchObject({
        code: 'NO_TIER_FITS',
        message: expect.stringContaining('the page died while it ran with wasm'),
        hint: expect.stringMatching(/tried again at \d{4}-/),
      });
    expect((await next.run(hard)).path).not.toContain('nano');
    await next.close();
    await endPauses(next.page);
    expect(await (await open()).run(only)).toMatchObject({ path: ['nano'] });
  });

  it('before anybody has asked for a tier leaves nothing out; that it was the tier shows once more, and not again', async () => {
    const only = { ...DOMAIN, text: EASY, policy: 'nano' };
    const ended = await open();
    await markOf(ended.page, 'nano', 'load ahead');
    await crashTab(ended.page);
    const next = await open();
    expect(await next.profile()).not.toHaveProperty('crashes');
    expect(await next.run(only)).toMatchObject({ path: ['nano'] });
    await next.close();
    // It is loaded when somebody asks for it, and the page dies of that as well.
    const dying = await open();
    await dying.prepare(only);
    await markOf(dying.page, 'nano', 'load');
    await crashTab(dying.page);
    const last = await open();
    await expect(last.run(only)).rejects.toMatchObject({ code: 'NO_TIER_FITS' });
    expect((await last.profile()).crashes).toEqual([
      expect.objectContaining({ modelId: 'nano', phase: 'load', timesInARow: 2 }),
    ]);
    expect((await last.run(hard)).path).not.toContain('nano');
    await last.close();
    await endPauses(last.page);
    const later = await open();
    await markOf(later.page, 'nano', 'load ahead');
    expect(await later.run(only)).toMatchObject({ path: ['nano'] });
  });

  const endings: Record<string, (page: Page, site: StaticServer) => Promise<unknown>> = {
    'is closed': (page) => page.close(),
    'is closed with its questions': (page) => page.close({ runBeforeUnload: true }),
    'is reloaded': (page) => page.reload(),
    'goes elsewhere': (page) => page.goto('about:blank'),
    'goes to another page of the site': (page, { url }) => page.goto(`${url}/?other`),
  };
  it('is none that its user closes, reloads or takes elsewhere while a tier runs', async () => {
    let tab = await open();
    for (const [how, end] of Object.entries(endings)) {
      await keepBusy(tab, 'base');
      await markOf(tab.page, 'base', 'run');
      await end(tab.page, visit().site);
      tab = await open();
      const { path: climbed } = await tab.run(hard);
      const { crashes } = await tab.profile();
      expect({ how, climbed, crashes }).toEqual({ how, climbed: ['nano', 'base'], crashes: undefined });
    }
  });

  it('is none that is closed with its browser; one whose machine loses its power is', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-crashes-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const site = await openSite();
    const start = async (): Promise<{ profile: BrowserContext; runtime: PageRuntime }> => {
      const profile = await launchProfile(folder);
      onTestFinished(() => profile.close());
      return { profile, runtime: await PageRuntime.open(await openTab(profile, site)) };
    };
    const endRunning = async ({ profile, runtime }: Awaited<ReturnType<typeof start>>, signal: NodeJS.Signals) => {
      await keepBusy(runtime, 'base');
      await markOf(runtime.page, 'base', 'run');
      const closed = new Promise((resolve) => profile.once('close', resolve));
      process.kill(await browserProcessOf(profile), signal);
      await closed;
    };
    const first = await start();
    await first.runtime.prepare(DOMAIN);
    await endRunning(first, 'SIGINT');
    const second = await start();
    expect(await second.runtime.run(hard)).toMatchObject({ path: ['nano', 'base'] });
    expect(await second.runtime.profile()).not.toHaveProperty('crashes');
    await endRunning(second, 'SIGKILL');
    const third = await start();
    expect((await third.runtime.profile()).crashes).toMatchObject([{ modelId: 'base', phase: 'run', timesInARow: 1 }]);
    expect(await third.runtime.run(hard)).toMatchObject({ path: WITHOUT_BASE });
  });
});
