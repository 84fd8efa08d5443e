import type { StoredThing, Wiped } from '@terrace/browser-host';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY } from './support/answers.js';
import { browserOfThisSuite, openSite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { storedNames } from './support/kiosk-visit.js';
import { outcomeOf } from './support/page-runtime.js';

const ASK = { domain: 'clinc150', text: EASY, policy: 'nano' };
const ANSWER = { output: { label: 'credit_score' } };

const wipe = (page: Page): Promise<Wiped> =>
  outcomeOf(page.evaluate(() => window.driver.attempt(() => window.terrace.wipe())));

const inWords = (things: readonly StoredThing[]): string[] =>
  things.map(({ kind, name }) => `${kind} ${name}`).toSorted();

/** What a site keeps beside Terrace, under names of all kinds, and what Terrace may have kept that is not here now. */
const keepThings = (page: Page, names: readonly string[]): Promise<void> =>
  page.evaluate(async (all) => {
    const root = await navigator.storage.getDirectory();
    for (const name of all) {
      localStorage.setItem(name, 'something');
      await (await caches.open(name)).put('/something', new Response('something'));
      await root.getDirectoryHandle(name, { create: true });
      await new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.addEventListener('error', reject);
        request.addEventListener('success', () => resolve(request.result.close()));
      });
    }
  }, names);
const OWN = ['notes', 'terraces', 'my-terrace'];
const allKinds = (names: readonly string[]): string[] =>
  names.flatMap((name) => ['cache', 'database', 'files', 'key'].map((kind) => `${kind} ${name}`)).toSorted();

describe.skipIf(!HAS_CHROMIUM)('a wipe (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();

  it('finds nothing where nothing is stored, and stores nothing itself', async () => {
    const page = await browser.openPage(await openSite());
    expect(await wipe(page)).toEqual({ removed: [], left: [] });
    expect(await storedNames(page)).toEqual([]);
  });

  it('removes all that is of Terrace, whatever its name, and leaves the site what is its own', async () => {
    const page = await browser.openPage(await openSite());
    await keepThings(page, [...OWN, 'terrace', 'terrace-other', 'terrace-ledger-v1']);
    const { removed, left } = await wipe(page);
    expect(inWords(removed)).toEqual(allKinds(['terrace', 'terrace-other', 'terrace-ledger-v1']));
    expect(left).toEqual([]);
    expect(await storedNames(page)).toEqual(allKinds(OWN));
    expect(await wipe(page)).toEqual({ removed: [], left: [] });
  });

  it('closes the runtimes of all tabs, and nothing of what they kept is left or comes back', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const tabs = await Promise.all([1, 2].map(() => browser.openRuntime(site, {}, profile)));
    for (const tab of tabs) expect(await tab.run(ASK)).toMatchObject(ANSWER);
    const [{ page }, other] = [tabs[0]!, tabs[1]!];
    await keepThings(page, OWN);
    const before = await storedNames(page);
    expect(before).toEqual(
      expect.arrayContaining(['database terrace-ledger', 'database terrace-store', 'files terrace']),
    );
    const { removed, left } = await wipe(other.page);
    expect(left).toEqual([]);
    expect(inWords(removed)).toEqual(expect.arrayContaining(['database terrace-ledger', 'files terrace']));
    for (const tab of tabs) await expect(tab.run(ASK)).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
    await new Promise((resolve) => void setTimeout(resolve, 1500));
    expect(await storedNames(page)).toEqual(allKinds(OWN));
    // A visit begins as the first one did.
    site.asked.length = 0;
    expect(await (await browser.openRuntime(site, {}, profile)).run(ASK)).toMatchObject(ANSWER);
    expect(site.asked.filter((path) => path.endsWith('.onnx'))).toHaveLength(1);
  });

  it('ends requests and downloads that are under way, with an error that says so', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    site.intercept = ({ url }) => url?.endsWith('.onnx') === true;
    const asking = runtime.run(ASK).catch((error: unknown) => error);
    await expect.poll(() => site.asked.some((path) => path.endsWith('.onnx')), { timeout: 20_000 }).toBe(true);
    expect((await wipe(runtime.page)).left).toEqual([]);
    expect(await asking).toMatchObject({ code: 'RUNTIME_CLOSED' });
    expect(await storedNames(runtime.page)).toEqual([]);
  });

  it('is waited for by a runtime that is opened meanwhile, and meets one that is just starting', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const first = await browser.openRuntime(site, {}, profile);
    expect(await first.run(ASK)).toMatchObject(ANSWER);
    const page = await browser.openPage(site, profile);
    const [wiped, during] = await Promise.all([wipe(first.page), browser.openRuntime(site, {}, profile)]);
    expect(wiped.left).toEqual([]);
    // Whether it began before or after, it is whole: closed, or with storage of its own.
    const outcome = await during.run(ASK).catch((error: unknown) => error);
    if ('code' in Object(outcome)) expect(outcome).toMatchObject({ code: 'RUNTIME_CLOSED' });
    else expect(outcome).toMatchObject(ANSWER);
    await wipe(page);
    expect(await storedNames(page)).toEqual([]);
  });

  it('is made twice at once without harm', async () => {
    const site = await openSite();
    const runtime = await browser.openRuntime(site);
    expect(await runtime.run(ASK)).toMatchObject(ANSWER);
    const both = await Promise.all([wipe(runtime.page), wipe(runtime.page)]);
    expect(both.map(({ left }) => left)).toEqual([[], []]);
    expect(await storedNames(runtime.page)).toEqual([]);
  });

  it('says what another script of the site keeps open', async () => {
    const site = await openSite();
    const profile = await browser.newProfile();
    const holder = await browser.openPage(site, profile);
    await holder.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open('terrace-store');
          request.addEventListener('error', reject);
          request.addEventListener('success', () => resolve(undefined));
        }),
    );
    const page = await browser.openPage(site, profile);
    const { left } = await wipe(page);
    expect(left).toEqual([
      { kind: 'database', name: 'terrace-store', reason: expect.stringContaining('open in another tab') },
    ]);
    await holder.close();
    expect((await wipe(page)).left).toEqual([]);
    expect(await storedNames(page)).toEqual([]);
  });

  it('says so when its script is not there', async () => {
    const site = await openSite();
    site.intercept = ({ url }, response) => {
      if (url?.includes('wipe-worker') !== true) return false;
      response.writeHead(404).end();
      return true;
    };
    const page = await browser.openPage(site);
    await expect(wipe(page)).rejects.toMatchObject({ code: 'ASSETS_MISSING' });
  });
});
