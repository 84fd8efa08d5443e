import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browserOfThisSuite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import {
  allOf,
  becomesReady,
  cutOff,
  keptPaths,
  offlineSite,
  openTab,
  precache,
  serveOfflineSite,
  stateOf,
  versionsOf,
  visit,
} from './support/offline-site.js';
import { startStaticServer } from './support/static-server.js';

const OWN_WORKER = "import { serveOffline } from '@terrace/browser-host/service-worker';\nserveOffline();";

describe.skipIf(!HAS_CHROMIUM)('what a service worker answers (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('lets everything pass that is not in the list', async () => {
    const site = offlineSite();
    const { server, url, page } = await visit(site, 'one', await browser.newProfile());
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

  it.each([
    [
      'a module that imports it',
      'module',
      async () => OWN_WORKER.replace('@terrace/browser-host', '.').replace("service-worker'", "service-worker.js'"),
    ],
    ['a script that a bundler made', 'classic', () => bundled(OWN_WORKER, 'iife')],
  ])('a service worker of the page’s own may be %s', async (_, type, script) => {
    const site = offlineSite();
    writeFileSync(path.join(site.folder, 'sw.js'), await script());
    await site.deploy('one');
    const app = path.join(site.folder, 'app.js');
    writeFileSync(app, readFileSync(app, 'utf8').replace("'./sw.js'", `'./sw.js', { type: '${type}' }`));
    const id = await precache(site.folder);
    const { server, url } = await serveOfflineSite(site.folder);
    const profile = await browser.newProfile();
    await becomesReady(await openTab(profile, url), id);
    cutOff(server);
    expect(await versionsOf(await openTab(profile, url))).toEqual(allOf('one'));
  });

  it('what a page takes of it is small: a bundler leaves the service worker away', async () => {
    expect(
      Buffer.byteLength(await bundled("export { onOfflineState } from '@terrace/browser-host/service-worker'", 'esm')),
    ).toBeLessThan(4_000);
  });
});

/** What a bundler makes of a script. */
async function bundled(script: string, format: 'esm' | 'iife'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format,
  });
  return outputFiles[0]!.text;
}
