import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { browserOfThisSuite, openSite, profileOfThisSuite } from './support/browser-of-suite.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { PageRuntime } from './support/page-runtime.js';
import { storedBytes, weightsOf } from './support/stored-files.js';

const MB = 1e6;
/** For two of the three models: while Chromium writes a file, it counts the next power of two. */
const ROOM = 40 * MB;
const FULL = /^encoders\/base\/\S+ is used without being stored, and fetched again at the next start\. /;
const ANSWER = { output: { label: 'credit_score' } };
const ask = (policy: string) => ({ domain: 'clinc150', text: EASY, policy });
const kept = (page: Page): Promise<(number | undefined)[]> =>
  Promise.all(['nano', 'small', 'base'].map((id) => storedBytes(page, weightsOf(id).sha256)));

/** From now on the browser lets the page's origin store so much. */
async function limitStorage(page: Page, quotaSize: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize });
}

/** Something that the page itself keeps. */
const keepNotes = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const writable = await (await root.getFileHandle('notes', { create: true })).createWritable();
    await writable.write(new Uint8Array(1000));
    await writable.close();
    await (await caches.open('notes')).put('/note', new Response('a note'));
  });
const readNotes = (page: Page): Promise<[number, string | undefined]> =>
  page.evaluate(async () => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle('notes');
    return [(await file.getFile()).size, await (await caches.match('/note'))?.text()];
  });

describe.skipIf(!HAS_CHROMIUM)('FIELD-BUG 14: where little can be stored (needs Chromium)', { timeout: 60_000 }, () => {
  const browser = browserOfThisSuite();
  const onDisk = profileOfThisSuite();

  it.each(['on the disk', 'in a private window'])(
    'models run from memory, and a warning says so (%s)',
    async (where) => {
      const site = await openSite();
      const page = await browser.openPage(site, where === 'on the disk' ? onDisk() : undefined);
      await limitStorage(page, 1 * MB);
      const runtime = await PageRuntime.open(page);
      for (const policy of ['nano', 'base']) expect(await runtime.run(ask(policy))).toMatchObject(ANSWER);
      expect(await kept(page)).toEqual([undefined, undefined, undefined]);
      const { warnings, failures } = await runtime.told();
      expect(warnings).toEqual([expect.stringContaining('is used without being stored')]);
      expect(failures).toEqual([]);
      await runtime.close();
    },
  );

  it('what was used least recently gives way, and nothing that is not of the runtime', async () => {
    const site = await openSite();
    const page = await browser.openPage(site, onDisk());
    await keepNotes(page);
    await limitStorage(page, ROOM);
    const before = await PageRuntime.open(page);
    for (const policy of ['base', 'nano']) await before.run(ask(policy));
    expect(await kept(page)).toEqual([weightsOf('nano').bytes, undefined, weightsOf('base').bytes]);
    await before.close();
    const after = await PageRuntime.open(page);
    expect(await after.run(ask('small'))).toMatchObject(ANSWER);
    expect(await kept(page)).toEqual([weightsOf('nano').bytes, weightsOf('small').bytes, undefined]);
    expect(await readNotes(page)).toEqual([1000, 'a note']);
    expect(await after.told()).toMatchObject({ warnings: [], failures: [] });
  });

  it('of 30 MB, nano is kept and base is not: visit after visit answers, and says so once in plain words', async () => {
    const site = await openSite();
    const page = await browser.openPage(site, onDisk());
    await keepNotes(page);
    await limitStorage(page, 30 * MB);
    const climbing = { domain: 'clinc150', text: HARD };
    for (const visit of ['first', 'second']) {
      site.asked.length = 0;
      const runtime = await PageRuntime.open(page);
      for (const _ of [1, 2]) {
        expect(await runtime.run(climbing)).toMatchObject({
          path: ['nano', 'base'],
          output: { label: 'freeze_account' },
        });
      }
      expect(await runtime.run(ask('nano'))).toMatchObject(ANSWER);
      expect(await kept(page)).toEqual([weightsOf('nano').bytes, undefined, undefined]);
      const fetched = site.asked.filter((path) => path.endsWith('.onnx'));
      const weights = ['nano', 'base'].map((id) => `/models/${weightsOf(id).path}`);
      expect(fetched).toEqual(visit === 'first' ? weights : weights.slice(1));
      const { warnings, failures } = await runtime.told();
      expect(warnings).toEqual([expect.stringMatching(FULL)]);
      expect(failures).toEqual([]);
      await runtime.close();
      await page.evaluate(() => void (window.driver.told.warnings.length = 0));
    }
    expect(await readNotes(page)).toEqual([1000, 'a note']);
    const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
    expect(usage).toBeLessThan(30 * MB);
  });

  it('what a running request needs does not give way', async () => {
    const site = await openSite();
    const page = await browser.openPage(site, onDisk());
    await limitStorage(page, ROOM);
    const runtime = await PageRuntime.open(page);
    for (const policy of ['base', 'nano', 'small']) expect(await runtime.run(ask(policy))).toMatchObject(ANSWER);
    expect(await kept(page)).toEqual([weightsOf('nano').bytes, undefined, weightsOf('base').bytes]);
    await runtime.close();
  });
});
