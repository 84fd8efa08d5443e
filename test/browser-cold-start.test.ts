import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HARD } from './support/answers.js';
import { launchProfile, PAGE_FOLDERS } from './support/browser.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import {
  allOf,
  becomesReady,
  cutOff,
  halve,
  LARGE,
  offlineSite,
  precache,
  serveOfflineSite,
  stateOf,
  versionsOf,
} from './support/offline-site.js';
import { installDriver, PageRuntime } from './support/page-runtime.js';
import { temporaryFolder } from './support/run-cli.js';
import { ISOLATED } from './support/static-server.js';

const ANSWER = { path: ['nano', 'base'], output: { label: 'freeze_account' } };
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' blob:";

describe.skipIf(!HAS_CHROMIUM)('a browser with a profile on the disk (needs Chromium)', { timeout: 90_000 }, () => {
  it('FIELD-BUG 19: a browser that is killed half-way through an update starts the old version, and heals', async () => {
    const site = offlineSite();
    const id = await site.deploy('one');
    const { server, url } = await serveOfflineSite(site.folder);
    const folder = temporaryFolder();
    const first = await launchProfile(folder);
    const page = await first.newPage();
    await page.goto(url);
    await becomesReady(page, id);
    const next = await site.deploy('two', { 'large.bin': LARGE });
    halve(server, 'large.bin', LARGE, 'silence');
    await page.evaluate(() => window.offline.lookForUpdate());
    await expect.poll(() => server.asked.includes('/large.bin')).toBe(true);
    const gone = first.waitForEvent('close');
    const session = await first.newCDPSession(page);
    void session.send('Browser.crash' as never).catch(() => undefined);
    await gone;
    cutOff(server);
    const second = await launchProfile(folder);
    onTestFinished(() => second.close());
    const after = await second.newPage();
    await after.goto(url);
    await after.waitForFunction(() => 'versions' in window);
    expect(await versionsOf(after)).toEqual(allOf('one'));
    server.intercept = () => false;
    await after.evaluate(() => window.offline.lookForUpdate());
    await expect.poll(async () => (await stateOf(after)).version, { timeout: 10_000 }).toBe(next);
    cutOff(server);
    await after.reload();
    await after.waitForFunction(() => 'versions' in window);
    expect(await versionsOf(after)).toEqual(allOf('two'));
  });

  it.each([
    ['at the root of an origin', '/', {}],
    ['below a path, isolated, with a strict policy', '/shop/', { 'content-security-policy': POLICY, ...ISOLATED }],
  ])('FIELD-BUG 19: a cold start without a network answers after one visit: %s', async (_, below, headers) => {
    const folder = runtimeSite();
    const version = await precache(folder, ['--exclude', 'terrace/*.asyncify.*']);
    const { server, url } = await serveOfflineSite(folder, below, headers);
    const profile = temporaryFolder();
    const online = await launchProfile(profile);
    await askedThere(online, url, version);
    await online.close();
    await server.close();
    const offline = await launchProfile(profile);
    onTestFinished(() => offline.close());
    const page = await askedThere(offline, url, version);
    const facts = await page.evaluate(async (isolated) => {
      const answer = await fetch('terrace/ort-wasm-simd-threaded.wasm');
      return [answer.headers.get('content-type'), crossOriginIsolated === isolated, navigator.onLine];
    }, below !== '/');
    expect(facts).toEqual(['application/wasm', true, true]);
  });
});

/** A page with the runtime; its models are elsewhere on the server. */
function runtimeSite(): string {
  const folder = path.join(temporaryFolder(), 'site');
  mkdirSync(path.join(folder, 'terrace'), { recursive: true });
  const bundle = PAGE_FOLDERS['/terrace/']!;
  for (const name of readdirSync(bundle)) copyFileSync(path.join(bundle, name), path.join(folder, 'terrace', name));
  copyFileSync(path.join(bundle, 'sw.js'), path.join(folder, 'sw.js'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><script type="module" src="./app.js"></script>');
  writeFileSync(
    path.join(folder, 'app.js'),
    `import * as terrace from './terrace/index.js';
    import * as offline from './terrace/service-worker.js';
    Object.assign(window, { terrace, offline });
    navigator.serviceWorker.register('./sw.js');`,
  );
  return folder;
}

async function askedThere(profile: BrowserContext, url: string, version: string): Promise<Page> {
  const page = await profile.newPage();
  await page.addInitScript(installDriver);
  await page.goto(url);
  await becomesReady(page, version);
  const runtime = await PageRuntime.open(page);
  expect(await runtime.run({ domain: 'clinc150', text: HARD })).toMatchObject(ANSWER);
  await runtime.close();
  return page;
}
