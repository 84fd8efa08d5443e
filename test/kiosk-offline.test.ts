import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../examples/kiosk/build/content-security-policy.js';
import { launchProfile } from './support/browser.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { KIOSK } from './support/kiosk-site.js';
import { ANSWER_MS, EASY, HARD, KioskVisit } from './support/kiosk-visit.js';
import { cutOff, halve, LARGE, precache } from './support/offline-site.js';
import { temporaryFolder } from './support/run-cli.js';
import { ISOLATED, startStaticServer, type StaticServer } from './support/static-server.js';

/** What is kept only when it is used, as in the kiosk's own build. */
const PRECACHE = ['--when-used', 'assets/*asyncify*', '--when-used', 'assets/ort-webgpu*'];
const READY = 'Ready without a network';

/** A browser whose profile is on the disk, as a device that is switched on has it. */
async function startBrowser(folder: string): Promise<BrowserContext> {
  const profile = await launchProfile(folder);
  onTestFinished(() => profile.close());
  return profile;
}

/** As somebody does who goes home: a browser that is ended with a page in it looks like one that has crashed. */
async function leave(profile: BrowserContext, { page }: KioskVisit): Promise<void> {
  await page.close();
  await profile.close();
}

/** Asked once, until it would start without a network. */
async function firstVisit(profile: BrowserContext, url: string): Promise<KioskVisit> {
  const visit = await KioskVisit.open(profile, url);
  expect(await visit.ask(HARD.text)).toBe(HARD.answer);
  await visit.page.getByText(READY).waitFor({ timeout: ANSWER_MS });
  return visit;
}

/** A copy of the kiosk that can be deployed anew; its models are where they were. */
function deployedCopy(): string {
  const folder = path.join(temporaryFolder(), 'kiosk');
  cpSync(KIOSK, folder, { recursive: true, filter: (file) => path.basename(file) !== 'models' });
  return folder;
}

/** Another release of the page, larger by a file. */
async function deployNewer(folder: string): Promise<void> {
  const html = path.join(folder, 'index.html');
  writeFileSync(html, readFileSync(html, 'utf8').replace('</head>', '<meta name="release" content="newer" /></head>'));
  writeFileSync(path.join(folder, 'large.bin'), LARGE);
  await precache(folder, PRECACHE);
}

const isNewer = async (page: Page): Promise<boolean> => (await page.locator('meta[name=release]').count()) === 1;

describe.skipIf(!HAS_CHROMIUM)('the kiosk without a network (needs Chromium)', { timeout: 120_000 }, () => {
  it.each([
    ['from a host that sends headers', '/', { 'content-security-policy': CONTENT_SECURITY_POLICY, ...ISOLATED }],
    ['from a plain host, below a path', '/shop/kiosk/', {}],
  ])('starts cold and answers after one visit, %s', async (_, below, headers) => {
    const folder = temporaryFolder();
    const server = await startStaticServer({ folders: { [below]: KIOSK }, headers });
    const url = `${server.url}${below}`;
    const online = await startBrowser(folder);
    const before = await firstVisit(online, url);
    expect(before.problems).toEqual([]);
    await leave(online, before);
    await server.close();

    const visit = await KioskVisit.open(await startBrowser(folder), url);
    await visit.page.getByText(READY).waitFor({ timeout: ANSWER_MS });
    expect(await visit.ask(HARD.text)).toBe(HARD.answer);
    expect(await visit.ask(EASY.text)).toBe(EASY.answer);
  });

  it('is the old page when the browser is killed half-way through an update, and offers the new one when that is whole', async () => {
    const site = deployedCopy();
    const server = await startServer(site);
    const folder = temporaryFolder();
    const first = await startBrowser(folder);
    await firstVisit(first, server.url);
    await deployNewer(site);
    halve(server, 'large.bin', LARGE, 'silence');
    await KioskVisit.open(first, server.url);
    await expect.poll(() => server.asked.includes('/large.bin'), { timeout: 30_000 }).toBe(true);
    const gone = first.waitForEvent('close');
    void first
      .newCDPSession(first.pages()[0]!)
      .then((session) => session.send('Browser.crash' as never))
      .catch(() => undefined);
    await gone;

    cutOff(server);
    const second = await startBrowser(folder);
    const offline = await KioskVisit.open(second, server.url);
    expect(await offline.ask(EASY.text)).toBe(EASY.answer);
    expect(await isNewer(offline.page)).toBe(false);

    server.intercept = () => false;
    const { page } = await KioskVisit.open(second, server.url);
    await page.getByText('A new version is here').waitFor({ timeout: ANSWER_MS });
    expect(await isNewer(page)).toBe(false);
    cutOff(server);
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect.poll(() => isNewer(page), { timeout: 20_000 }).toBe(true);
    await page.getByText(READY).waitFor({ timeout: ANSWER_MS });
  });

  it('keeps what fits into 30 MB, says what did not, and answers from that', async () => {
    const server = await startServer(KIOSK);
    const folder = temporaryFolder();
    const first = await startBrowser(folder);
    const visit = await KioskVisit.open(first, server.url, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 30e6 });
    });
    expect(await visit.ask(HARD.text)).toBe(HARD.answer);
    await visit.page.getByText(READY).waitFor({ timeout: ANSWER_MS });
    const device = await visit.panel('This device');
    await device.getByText(/encoders\/base\/\S+ is used without being stored/).waitFor();
    const { usage = 0 } = await visit.page.evaluate(() => navigator.storage.estimate());
    expect(usage).toBeLessThan(30e6);
    await leave(first, visit);

    cutOff(server);
    const offline = await KioskVisit.open(await startBrowser(folder), server.url);
    expect(await offline.ask(EASY.text)).toBe(EASY.answer);
    expect(await offline.ask(HARD.text)).toBe('I am not sure');
    await offline.answer.getByText('A larger model failed; this is the best answer without it.').waitFor();
  });
});

async function startServer(folder: string): Promise<StaticServer> {
  const server = await startStaticServer({ folders: { '/': folder, '/models/': path.join(KIOSK, 'models') } });
  onTestFinished(() => server.close());
  return server;
}
