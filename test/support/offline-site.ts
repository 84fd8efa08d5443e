import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type * as offline from '@terrace/browser-host/service-worker';
import type { OfflineState } from '@terrace/browser-host/service-worker';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { PAGE_FOLDERS } from './browser.js';
import { temporaryFolder, terrace } from './run-cli.js';
import { startStaticServer, type StaticServer } from './static-server.js';

declare global {
  interface Window {
    /** What the page imports of the package. */
    offline: typeof offline;
    /** What it was told, the newest last. */
    offlineStates: OfflineState[];
    /** The versions that its parts say they are of. */
    versions(): Promise<string[]>;
  }
}

const BUNDLE = PAGE_FOLDERS['/terrace/']!;
const HTML = '<!doctype html><meta charset="utf-8"><script type="module" src="./app.js"></script>';

/** Script, lazy script, and a worker that starts a worker which reads a file: each is there in every version. */
const app = (version: string): string => `
import * as offline from './service-worker.js';
window.offline = offline;
window.offlineStates = [];
navigator.serviceWorker.register('./sw.js');
offline.onOfflineState((state) => window.offlineStates.push(state));
window.versions = async () => {
  const lazy = (await import('./lazy.js?' + Math.random())).default;
  const worker = new Worker('./worker.js', { type: 'module' });
  const [outer, inner, read] = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => reject(new Error('the worker does not start'));
  });
  worker.terminate();
  return ['${version}', lazy, outer, inner, read];
};
`;
const worker = (version: string): string => `
const nested = new Worker('./nested.js', { type: 'module' });
nested.onmessage = ({ data }) => postMessage(['${version}', ...data]);
`;
const nested = (version: string): string => `
fetch('./read.txt').then((answer) => answer.text()).then((read) => postMessage(['${version}', read]));
`;

/** Longer than a socket's buffers: the first half of it arrives. */
export const LARGE = Buffer.alloc(3_000_000, 'terrace');

export interface OfflineSite {
  readonly folder: string;
  /** Deploys a version with its list. @returns the list's version */
  deploy(version: string, more?: Readonly<Record<string, string | Buffer>>, flags?: readonly string[]): Promise<string>;
}

/** A small page that keeps itself for offline starts, in a folder of its own. */
export function offlineSite(): OfflineSite {
  const folder = path.join(temporaryFolder(), 'site');
  mkdirSync(folder);
  for (const name of ['sw.js', 'service-worker.js']) copyFileSync(path.join(BUNDLE, name), path.join(folder, name));
  return {
    folder,
    async deploy(version, more = {}, flags = []) {
      const files = {
        'index.html': HTML,
        'app.js': app(version),
        'lazy.js': `export default '${version}';`,
        'worker.js': worker(version),
        'nested.js': nested(version),
        'read.txt': version,
        ...more,
      };
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), content);
      }
      return precache(folder, flags);
    },
  };
}

/** Runs the real command. @returns the list's version */
export async function precache(folder: string, flags: readonly string[] = []): Promise<string> {
  const { code, stderr } = await terrace(['precache', folder, ...flags], { home: temporaryFolder() });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return (JSON.parse(readFileSync(path.join(folder, 'offline.json'), 'utf8')) as { version: string }).version;
}

/** What all parts of a page of one version say. */
export const allOf = (version: string): string[] => Array.from({ length: 5 }, () => version);

export const versionsOf = (page: Page): Promise<string[]> => page.evaluate(() => window.versions());

export const stateOf = (page: Page): Promise<OfflineState> => page.evaluate(() => window.offline.offlineState());

/** Waits until the page says that it would start without a network, in this version. */
export const becomesReady = async (page: Page, version: string): Promise<void> => {
  await page.waitForFunction(() => 'offline' in window);
  await expect.poll(() => stateOf(page), { timeout: 20_000 }).toMatchObject({ version });
};

/** A server for one test, with the shipped models beside the site. @param below the path of the site */
export async function serveOfflineSite(folder: string, below = '/', headers: Readonly<Record<string, string>> = {}) {
  const folders = { [below]: folder, '/models/': PAGE_FOLDERS['/models/']! };
  const server = await startStaticServer({ folders, headers });
  onTestFinished(() => server.close());
  return { server, url: `${server.url}${below}` };
}

/** From now on nothing comes from the server. */
export const cutOff = (server: StaticServer): void => {
  server.intercept = (_, response) => {
    response.destroy();
    return true;
  };
};

/** Of this file half of the bytes come, and then the connection breaks, or nothing more comes. */
export function halve(server: StaticServer, name: string, content: Buffer, then: 'break' | 'silence' = 'break'): void {
  server.intercept = ({ url = '' }, response) => {
    if (!url.endsWith(`/${name}`)) return false;
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, content.length >> 1), () => {
      if (then === 'break') response.destroy();
    });
    return true;
  };
}

/** A tab of a profile, once the page's script has run. */
export async function openTab(profile: BrowserContext, url: string): Promise<Page> {
  const page = await profile.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'versions' in window);
  return page;
}

/** Deploys a version, and visits it until it would start without a network. */
export async function visit(site: OfflineSite, version: string, profile: BrowserContext) {
  const id = await site.deploy(version);
  const { server, url } = await serveOfflineSite(site.folder);
  const page = await openTab(profile, url);
  await becomesReady(page, id);
  return { id, server, url, profile, page };
}

/** Names of the files that are kept; one of which two versions are kept is there twice. */
export const keptPaths = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname.slice(1));
    return found.toSorted();
  });

/** Ends the service worker as a browser does that wants its memory back. */
export async function stopWorkers(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await session.detach();
}
