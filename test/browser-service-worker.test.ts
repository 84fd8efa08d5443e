import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browserOfThisSuite } from './support/browser-of-suite.js';
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
  type OfflineSite,
} from './support/offline-site.js';
import { startStaticServer } from './support/static-server.js';

/** Ends the service worker as a browser does that wants its memory back. */
async function stopWorkers(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await session.detach();
}

/** What a browser does to a site when the disk is full. */
const loseFiles = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });

/** Names of the files that are kept; one of which two versions are kept is there twice. */
const keptPaths = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname.slice(1));
    return found.toSorted();
  });

describe.skipIf(!HAS_CHROMIUM)('a page with a service worker (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  async function visit(site: OfflineSite, version: string) {
    const id = await site.deploy(version);
    const { server, url } = await serveOfflineSite(site.folder);
    const profile = await browser.newProfile();
    const page = await profile.newPage();
    await page.goto(url);
    await becomesReady(page, id);
    return { id, server, url, profile, page };
  }
  const openTab = async (profile: BrowserContext, url: string): Promise<Page> => {
    const page = await profile.newPage();
    await page.goto(url);
    await page.waitForFunction(() => 'versions' in window);
    return page;
  };

  it('starts without a network after one visit, and tells how far it is', async () => {
    const { id, server, url, profile, page } = await visit(offlineSite(), 'one');
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
    const { id, server, url, profile, page } = await visit(site, 'one');
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
    const { id, server, url, profile } = await visit(site, 'one');
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
    const { id, url, profile } = await visit(site, 'one');
    writeFileSync(path.join(site.folder, 'offline.json'), text);
    const during = await openTab(profile, url);
    await expect.poll(async () => (await stateOf(during)).problem?.code).toBe('INVALID_DATA');
    expect(await stateOf(during)).toMatchObject({ version: id, pageVersion: id });
  });

  it('FIELD-BUG 19: what got lost or was damaged is brought back, and without a network the answer says so', async () => {
    const { server, url, profile, page } = await visit(offlineSite(), 'one');
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
    const { server, url, profile, page } = await visit(offlineSite(), 'one');
    const whole = await keptPaths(page);
    await loseFiles(page);
    await openTab(profile, url);
    await expect.poll(() => keptPaths(page)).toEqual(whole);
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('one'));
  });

  it('FIELD-BUG 19: when all is lost and the server has another version, the page comes from there as a whole', async () => {
    const site = offlineSite();
    const { server, url, profile, page } = await visit(site, 'one');
    await site.deploy('two', { 'index.html': '<!doctype html>\n<script type="module" src="./app.js"></script>' });
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
    await openTab(profile, url);
    cutOff(server);
    await expect.poll(async () => versionsOf(await openTab(profile, url)), { timeout: 20_000 }).toEqual(allOf('two'));
  });

  it('FIELD-BUG 17: a service worker that is ended, while it serves or while it fetches, goes on', async () => {
    const site = offlineSite();
    const { id, server, url, profile, page } = await visit(site, 'one');
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
    const { id, server, url, profile, page } = await visit(site, 'one');
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

  it('forgets a version that no page has any more', async () => {
    const site = offlineSite();
    const { id, url, profile, page } = await visit(site, 'one');
    const next = await site.deploy('two', { 'only-in-two.txt': 'two' });
    await openTab(profile, url);
    await expect.poll(async () => (await stateOf(page)).version, { timeout: 10_000 }).toBe(next);
    expect(id).not.toBe(next);
    const twice = (await keptPaths(page)).filter((name) => name === 'lazy.js');
    expect(twice).toHaveLength(2);
  });

  it('lets everything pass that is not in the list', async () => {
    const site = offlineSite();
    const { server, url, page } = await visit(site, 'one');
    writeFileSync(path.join(site.folder, 'later.txt'), 'later');
    const asked: string[] = [];
    server.intercept = ({ method, headers, url: of = '' }, response) => {
      asked.push(`${method} ${of}${headers.range ? ' range' : ''}`);
      if (of !== '/api') return false;
      response.writeHead(method === 'POST' ? 201 : 200).end('api');
      return true;
    };
    const answers = await page.evaluate(async () => {
      const status = async (...of: Parameters<typeof fetch>) => (await fetch(...of)).status;
      return [
        await status('/api', { method: 'POST', body: 'text' }),
        await status('/api'),
        await status('/later.txt'),
        await status('/absent.txt'),
        await status('/lazy.js', { headers: { range: 'bytes=3-' } }),
        await status('/lazy.js', { method: 'HEAD' }),
        await status('/lazy.js?query'),
      ];
    });
    expect(answers).toEqual([201, 200, 200, 404, 206, 200, 200]);
    expect(asked).toEqual([
      'POST /api',
      'GET /api',
      'GET /later.txt',
      'GET /absent.txt',
      'GET /lazy.js range',
      'HEAD /lazy.js',
    ]);
    const other = await startStaticServer({
      headers: { 'access-control-allow-origin': '*' },
      pages: { '/x': 'other' },
    });
    onTestFinished(() => other.close());
    expect(await page.evaluate(async (from) => (await fetch(from)).text(), `${other.url}/x`)).toBe('other');
    expect(new URL(url).origin).not.toBe(new URL(other.url).origin);
  });

  it('finds pages as static hosts do', async () => {
    const site = offlineSite();
    const page = (title: string): string => `<!doctype html><title>${title}</title>`;
    await site.deploy('one', {
      'help.html': page('help'),
      'shop/index.html': page('shop'),
      'ü & ?#%.html': page('odd'),
    });
    const { server, url } = await serveOfflineSite(site.folder, '/a/b/');
    const profile = await browser.newProfile();
    const tab = await openTab(profile, url);
    await expect.poll(async () => (await stateOf(tab)).version !== undefined, { timeout: 10_000 }).toBe(true);
    cutOff(server);
    for (const [address, title, at] of [
      ['help.html?lang=ja', 'help', 'help.html?lang=ja'],
      ['help', 'help', 'help'],
      ['shop/', 'shop', 'shop/'],
      ['shop?a=b', 'shop', 'shop/?a=b'],
      [`${encodeURIComponent('ü & ?#%')}.html`, 'odd', `${encodeURIComponent('ü & ?#%')}.html`],
    ] as const) {
      await tab.goto(url + address);
      expect([await tab.title(), new URL(tab.url()).href]).toEqual([title, new URL(at, url).href]);
    }
    await expect(tab.goto(`${url}absent.html`)).rejects.toThrow('ERR_FAILED');
    await expect(tab.goto(`${url}%E0%A4%A`)).rejects.toThrow('ERR_FAILED');
  });

  it('keeps a file from its first use on where the list says so, and brings the next version of it', async () => {
    const site = offlineSite();
    const flags = ['--when-used', 'rare/*'];
    const more = (version: string) => ({ 'rare/used.txt': `used ${version}`, 'rare/unused.txt': `unused ${version}` });
    const id = await site.deploy('one', more('one'), flags);
    const { server, url } = await serveOfflineSite(site.folder);
    const profile = await browser.newProfile();
    const page = await openTab(profile, url);
    await becomesReady(page, id);
    const rare = async () => (await keptPaths(page)).filter((name) => name.startsWith('rare/'));
    const read = (tab: Page) => tab.evaluate(async () => (await fetch('rare/used.txt')).text());
    expect(await rare()).toEqual([]);
    expect(await read(page)).toBe('used one');
    await expect.poll(rare).toEqual(['rare/used.txt']);
    const next = await site.deploy('two', more('two'), flags);
    await page.evaluate(() => window.offline.lookForUpdate());
    await expect.poll(async () => (await stateOf(page)).version, { timeout: 10_000 }).toBe(next);
    cutOff(server);
    expect(await rare()).toEqual(['rare/used.txt', 'rare/used.txt']);
    expect(await read(page)).toBe('used one');
    expect(await read(await openTab(profile, url))).toBe('used two');
  });

  it('goes on after everything of the site was wiped', async () => {
    const { id, server, url, profile, page } = await visit(offlineSite(), 'one');
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
