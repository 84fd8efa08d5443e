import type { BrowserContext } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EASY } from './support/answers.js';
import { launchProfile } from './support/browser.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { deployNewerModels } from './support/newer-models.js';
import { installDriver, PageRuntime } from './support/page-runtime.js';
import { temporaryFolder } from './support/run-cli.js';
import type { StaticServer } from './support/static-server.js';
import { storedBytes } from './support/stored-files.js';

const ASK = { domain: 'clinc150', text: EASY, policy: 'nano' };
const ANSWER = { tier: 'nano', output: { label: 'credit_score' } };

/** The page comes, its models do not: the network is away. */
const cutOff = (site: StaticServer): void => {
  site.intercept = ({ url }, response) => {
    if (url?.startsWith('/models/') !== true) return false;
    response.destroy();
    return true;
  };
};

async function open({ url }: StaticServer, profile: BrowserContext): Promise<PageRuntime> {
  const page = await profile.newPage();
  await page.addInitScript(installDriver);
  await page.goto(url);
  return PageRuntime.open(page);
}

/** A first visit, until everything is kept. @returns the catalog's revision */
async function visit(site: StaticServer, profile: BrowserContext): Promise<string> {
  const runtime = await open(site, profile);
  expect(await runtime.run(ASK)).toMatchObject(ANSWER);
  expect(await runtime.refreshCatalog()).toBe(false);
  const { revision } = await runtime.catalog();
  await runtime.close();
  await runtime.page.close();
  return revision;
}

/** What answers while no model can be fetched. */
async function answersOffline(site: StaticServer, profile: BrowserContext): Promise<string> {
  const { intercept } = site;
  cutOff(site);
  const runtime = await open(site, profile);
  expect(await runtime.run(ASK)).toMatchObject(ANSWER);
  const { revision } = await runtime.catalog();
  expect(await runtime.told()).toMatchObject({ warnings: [], failures: [] });
  await runtime.close();
  await runtime.page.close();
  site.intercept = intercept;
  return revision;
}

describe.skipIf(!HAS_CHROMIUM)('a newer release of models (needs Chromium)', { timeout: 120_000 }, () => {
  const browser = browserOfThisSuite();

  it('comes in the background while requests are answered, and is in force when it is whole', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const before = await visit(site, profile);
    const newer = deployNewerModels(site);
    const runtime = await open(site, profile);
    expect((await runtime.catalog()).revision).toBe(before);
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
    await expect.poll(async () => (await runtime.catalog()).revision, { timeout: 60_000 }).toBe(newer.revision);
    expect(await storedBytes(runtime.page, newer.sha256)).toBe(newer.bytes);
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
    const { progress, warnings } = await runtime.told();
    expect(warnings).toEqual([]);
    expect(progress.at(-1)).toMatchObject({ doneBytes: newer.bytes, totalBytes: newer.bytes });
    await runtime.close();
    expect(await answersOffline(site, profile)).toBe(newer.revision);
  });

  it('that is cut off half-way leaves the old one answering, also offline, and is gone on with later', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const before = await visit(site, profile);
    const newer = deployNewerModels(site);
    newer.deliver('half');
    const during = await open(site, profile);
    await expect(during.refreshCatalog()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect((await during.catalog()).revision).toBe(before);
    expect(await during.run(ASK)).toMatchObject(ANSWER);
    await during.close();
    await during.page.close();
    expect(await answersOffline(site, profile)).toBe(before);
    newer.deliver('whole');
    const tries = newer.fromBytes.length;
    const after = await open(site, profile);
    expect(await after.refreshCatalog()).toBe(true);
    expect((await after.catalog()).revision).toBe(newer.revision);
    expect(await after.run(ASK)).toMatchObject(ANSWER);
    expect(newer.fromBytes[tries]).toBeGreaterThan(newer.bytes >> 2);
    await after.close();
    expect(await answersOffline(site, profile)).toBe(newer.revision);
  });

  it('that the browser is killed over leaves the old one answering, and is gone on with at the next start', async () => {
    const site = await openSite();
    const folder = temporaryFolder();
    const first = await launchProfile(folder);
    const before = await visit(site, first);
    const newer = deployNewerModels(site);
    newer.deliver('half, then silence');
    const { page } = await open(site, first);
    await expect.poll(() => storedBytes(page, newer.sha256), { timeout: 60_000 }).toBeGreaterThan(newer.bytes >> 2);
    const gone = first.waitForEvent('close');
    const session = await first.newCDPSession(page);
    void session.send('Browser.crash' as never).catch(() => undefined);
    await gone;
    const second = await launchProfile(folder);
    onTestFinished(() => second.close());
    expect(await answersOffline(site, second)).toBe(before);
    newer.deliver('whole');
    const tries = newer.fromBytes.length;
    const after = await open(site, second);
    await expect.poll(async () => (await after.catalog()).revision, { timeout: 60_000 }).toBe(newer.revision);
    expect(newer.fromBytes[tries]).toBeGreaterThan(newer.bytes >> 2);
    await after.close();
    expect(await answersOffline(site, second)).toBe(newer.revision);
  });

  it('comes once the network is back, without another visit', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const before = await visit(site, profile);
    cutOff(site);
    const runtime = await open(site, profile);
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
    await profile.setOffline(true);
    await expect(runtime.refreshCatalog()).rejects.toMatchObject({ facts: { isOffline: true } });
    expect((await runtime.catalog()).revision).toBe(before);
    const newer = deployNewerModels(site);
    await profile.setOffline(false);
    await expect.poll(async () => (await runtime.catalog()).revision, { timeout: 60_000 }).toBe(newer.revision);
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
  });
});
