import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { browserOfThisSuite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import {
  allOf,
  becomesReady,
  cutOff,
  halve,
  keptPaths,
  LARGE,
  offlineSite,
  openTab,
  precache,
  stateOf,
  stopWorkers,
  versionsOf,
  visit,
} from './support/offline-site.js';

/** What a browser does to a site when the disk is full. */
const loseFiles = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });

describe.skipIf(!HAS_CHROMIUM)('a page with a service worker (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('starts without a network after one visit, and tells how far it is', async () => {
    const { id, server, url, profile, page } = await visit(offlineSite(), 'one', await browser.newProfile());
    expect(await stateOf(page)).toEqual({ version: id, pageVersion: id });
    const told = await page.evaluate(() => window.offlineStates);
    expect(told.at(-1)).toEqual({ version: id, pageVersion: id });
    const progress = told.flatMap(({ fetching }) => fetching ?? []);
    for (const { doneBytes, totalBytes } of progress) expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    cutOff(server);
    const offline = await openTab(profile, url);
    expect(await versionsOf(offline)).toEqual(allOf('one'));
    await expect
      .poll(() => stateOf(offline))
      .toEqual({ version: id, pageVersion: id, problem: expect.objectContaining({ code: 'DOWNLOAD_FAILED' }) });
  });

  it('FIELD-BUG 19: an update that breaks off half-way changes nothing, and heals', async () => {
    const site = offlineSite();
    const { id, server, url, profile, page } = await visit(site, 'one', await browser.newProfile());
    const next = await site.deploy('two', { 'large.bin': LARGE });
    halve(server, 'large.bin', LARGE);
    const during = await openTab(profile, url);
    await expect.poll(async () => (await stateOf(during)).problem?.code).toBe('DOWNLOAD_FAILED');
    expect(await stateOf(during)).toMatchObject({
      version: id,
      pageVersion: id,
      problem: { message: expect.stringContaining('large.bin') },
    });
    expect(await versionsOf(during)).toEqual(allOf('one'));
    server.intercept = () => false;
    server.asked.length = 0;
    await during.evaluate(() => window.offline.lookForUpdate());
    await expect.poll(() => stateOf(during), { timeout: 10_000 }).toEqual({ version: next, pageVersion: id });
    expect(server.asked).not.toContain('/service-worker.js');
    // Pages that are open keep their version, files that they load only now included.
    for (const tab of [page, during]) expect(await versionsOf(tab)).toEqual(allOf('one'));
    const told = await page.evaluate(() => window.offlineStates.at(-1));
    expect(told).toEqual({ version: next, pageVersion: id });
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('two'));
    await stopWorkers(page);
    for (const tab of [page, during]) expect(await versionsOf(tab)).toEqual(allOf('one'));
    await page.reload();
    await page.waitForFunction(() => 'versions' in window);
    expect(await versionsOf(page)).toEqual(allOf('two'));
  });

  it('FIELD-BUG 19: a file that is not the one of the list is refused, and the old version goes on', async () => {
    const site = offlineSite();
    const { id, server, url, profile } = await visit(site, 'one', await browser.newProfile());
    const next = await site.deploy('two');
    writeFileSync(path.join(site.folder, 'lazy.js'), "export default 'bad';");
    const during = await openTab(profile, url);
    await expect.poll(async () => (await stateOf(during)).problem?.code).toBe('ARTIFACT_CORRUPT');
    expect(await stateOf(during)).toMatchObject({
      version: id,
      problem: { message: expect.stringContaining('lazy.js') },
    });
    expect(await versionsOf(during)).toEqual(allOf('one'));
    writeFileSync(path.join(site.folder, 'lazy.js'), "export default 'two';");
    expect(await precache(site.folder)).toBe(next);
    await openTab(profile, url);
    await expect.poll(() => stateOf(during), { timeout: 10_000 }).toEqual({ version: next, pageVersion: id });
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('two'));
  });

  it.each([
    ['is a page of HTML', '<!doctype html><title>Sign in</title>'],
    ['is cut off', '{"version": "ab", "files": [{'],
    [
      'names what is not below it',
      JSON.stringify({ version: 'ab', files: [{ path: '../x', bytes: 1, sha256: 'ab' }] }),
    ],
    ['is empty', ''],
    ['is null', 'null'],
  ])('a list that %s changes nothing', async (_, text) => {
    const site = offlineSite();
    const { id, url, profile } = await visit(site, 'one', await browser.newProfile());
    writeFileSync(path.join(site.folder, 'offline.json'), text);
    const during = await openTab(profile, url);
    await expect.poll(async () => (await stateOf(during)).problem?.code).toBe('INVALID_DATA');
    expect(await stateOf(during)).toMatchObject({ version: id, pageVersion: id });
  });

  it('FIELD-BUG 19: what got lost or was damaged is brought back, and without a network the answer says so', async () => {
    const { server, url, profile, page } = await visit(offlineSite(), 'one', await browser.newProfile());
    await page.evaluate(async () => {
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const key of await cache.keys()) {
          if (key.url.includes('/lazy.js')) await cache.delete(key);
          if (key.url.includes('/read.txt')) await cache.put(key, new Response('on'));
        }
      }
    });
    await stopWorkers(page);
    cutOff(server);
    const answers = await page.evaluate(async () => {
      const read = async (name: string) => {
        const answer = await fetch(name);
        return [answer.status, await answer.text()] as const;
      };
      return [await read('lazy.js'), await read('read.txt')];
    });
    expect(answers).toEqual([
      [504, expect.stringMatching(/^lazy.js is missing on this device/)],
      [504, expect.stringMatching(/^read.txt is missing on this device/)],
    ]);
    server.intercept = () => false;
    expect(await versionsOf(page)).toEqual(allOf('one'));
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('one'));
  });

  it('FIELD-BUG 19: lost files come back at the next page, before anybody misses them', async () => {
    const { server, url, profile, page } = await visit(offlineSite(), 'one', await browser.newProfile());
    const whole = await keptPaths(page);
    await loseFiles(page);
    await openTab(profile, url);
    await expect.poll(() => keptPaths(page)).toEqual(whole);
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('one'));
  });

  it('FIELD-BUG 19: when all is lost and the server has another version, the page comes from there as a whole', async () => {
    const site = offlineSite();
    const { server, url, profile, page } = await visit(site, 'one', await browser.newProfile());
    const next = await site.deploy('two', {
      'index.html': '<!doctype html>\n<script type="module" src="./app.js"></script>',
    });
    await loseFiles(page);
    server.intercept = ({ url: asked = '' }, response) => {
      if (asked !== '/offline.json') return false;
      response.writeHead(503).end();
      return true;
    };
    const after = await openTab(profile, url);
    expect(await versionsOf(after)).toEqual(allOf('two'));
    await stopWorkers(page);
    expect(await versionsOf(after)).toEqual(allOf('two'));
    server.intercept = () => false;
    await becomesReady(await openTab(profile, url), next);
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('two'));
  });

  it('FIELD-BUG 17: a service worker that is ended, while it serves or while it fetches, goes on', async () => {
    const site = offlineSite();
    const { id, server, url, profile, page } = await visit(site, 'one', await browser.newProfile());
    const next = await site.deploy('two', { 'large.bin': LARGE });
    halve(server, 'large.bin', LARGE, 'silence');
    await page.evaluate(() => window.offline.lookForUpdate());
    const kept = async (name: string) => (await keptPaths(page)).filter((each) => each === name).length;
    await expect.poll(() => kept('lazy.js')).toBe(2);
    expect(server.asked).toContain('/large.bin');
    await stopWorkers(page);
    expect(await versionsOf(page)).toEqual(allOf('one'));
    expect(await stateOf(page)).toEqual({ version: id, pageVersion: id });
    server.intercept = () => false;
    server.asked.length = 0;
    const during = await openTab(profile, url);
    await expect.poll(() => stateOf(during), { timeout: 10_000 }).toEqual({ version: next, pageVersion: id });
    // What had come before is not fetched again.
    expect(server.asked).toContain('/large.bin');
    expect(server.asked).not.toContain('/lazy.js');
    cutOff(server);
    for (const tab of [page, during]) {
      await stopWorkers(page);
      expect(await versionsOf(tab)).toEqual(allOf('one'));
    }
  });

  it('an update that does not fit leaves the old version whole, and nothing of itself', async () => {
    const site = offlineSite();
    const { id, server, url, profile, page } = await visit(site, 'one', await browser.newProfile());
    const before = await keptPaths(page);
    const session = await profile.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: 2_000_000 });
    const next = await site.deploy('two', { 'large.bin': LARGE });
    const during = await openTab(profile, url);
    await expect.poll(async () => (await stateOf(during)).problem?.code).toBe('STORAGE_FAILED');
    expect(server.asked).not.toContain('/large.bin');
    expect(await keptPaths(page)).toEqual(before);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin });
    await during.evaluate(() => window.offline.lookForUpdate());
    await expect.poll(() => stateOf(during), { timeout: 10_000 }).toEqual({ version: next, pageVersion: id });
  });

  it('goes on after everything of the site was wiped', async () => {
    const { id, server, url, profile, page } = await visit(offlineSite(), 'one', await browser.newProfile());
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
      for (const { name } of await indexedDB.databases())
        await new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase(name!);
          request.addEventListener('success', resolve);
          request.addEventListener('error', reject);
          request.addEventListener('blocked', () => reject(new Error('blocked')));
        });
    });
    server.asked.length = 0;
    const again = await openTab(profile, url);
    expect(server.asked).toContain('/app.js');
    await becomesReady(again, id);
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('one'));
  });
});
