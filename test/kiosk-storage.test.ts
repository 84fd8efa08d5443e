import { statSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { kioskOfThisSuite } from './support/kiosk-of-suite.js';
import { openKioskSite } from './support/kiosk-site.js';
import { ANSWER_MS, EASY, HARD, KioskVisit, storedNames } from './support/kiosk-visit.js';
import { temporaryFolder } from './support/run-cli.js';
import { downloadsHeld } from './support/held-downloads.js';

const OWN = ['cache notes', 'database notes', 'files notes', 'key notes'];

/** What the site keeps beside the kiosk. */
const keepNotes = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    localStorage.setItem('notes', 'something');
    await (await caches.open('notes')).put('/something', new Response('something'));
    await (await navigator.storage.getDirectory()).getDirectoryHandle('notes', { create: true });
    await new Promise((resolve, reject) => {
      const request = indexedDB.open('notes');
      request.addEventListener('error', reject);
      request.addEventListener('success', () => resolve(request.result.close()));
    });
  });

describe.skipIf(!HAS_CHROMIUM)('what the kiosk stores (needs Chromium)', { timeout: 90_000 }, () => {
  const kiosk = kioskOfThisSuite();

  it('comes with progress and a total, and a question that is asked meanwhile waits for it', async () => {
    const site = await openKioskSite();
    const release = downloadsHeld(site);
    const page = await KioskVisit.open(await kiosk().newProfile(), site.url);
    const bar = page.page.getByRole('progressbar', { name: 'Bringing the models to this device' });
    await expect
      .poll(() => page.page.locator('.session').innerText(), { timeout: ANSWER_MS })
      .toMatch(/ of 2\d(\.\d)? MB$/);
    const shares = () => bar.evaluate(({ value, max }: HTMLProgressElement) => value / max);
    await expect.poll(shares, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await shares()).toBeLessThan(1);
    await page.question.fill(HARD.text);
    await page.question.press('Enter');
    await page.page.getByText('Your question is answered as soon as the model is here.').waitFor();
    release();
    expect(await page.answerTo(HARD.text)).toBe(HARD.answer);
    await page.isReady();
    expect(await bar.count()).toBe(0);
    expect(page.problems).toEqual([]);
  });

  it('goes at a wipe, settings included, once that is confirmed; what else the site keeps stays', async () => {
    const { site } = kiosk();
    // A service worker would keep the page anew before anybody could look.
    const profile = await kiosk().newProfile({ serviceWorkers: 'block' });
    const page = await KioskVisit.open(profile, site.url);
    await page.ask(EASY.text);
    await page.page.getByLabel('Colours').selectOption('Dark');
    await keepNotes(page.page);
    expect((await page.stored()).filter((name) => name.includes('terrace'))).toEqual(
      expect.arrayContaining(['files terrace', 'database terrace-store', 'key terrace-kiosk-settings']),
    );
    const panel = await page.panel('What is stored');
    const dialog = page.page.getByRole('dialog', { name: 'Wipe everything that this page has stored?' });
    await panel.getByRole('button', { name: 'Wipe everything' }).click();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await dialog.count()).toBe(0);
    expect(await page.stored()).toContain('files terrace');

    const watcher = await profile.newPage();
    await watcher.goto(`${site.url}/offline.json`);
    // The page begins as on its first day, and would store again.
    site.intercept = ({ url }, response) => url === '/' && response.destroy() !== undefined;
    await panel.getByRole('button', { name: 'Wipe everything' }).click();
    await dialog.getByRole('button', { name: 'Wipe', exact: true }).click();
    await expect.poll(() => storedNames(watcher), { timeout: 20_000 }).toEqual(OWN);
    site.intercept = () => false;
    const again = await KioskVisit.open(profile, site.url);
    expect(await again.page.getByLabel('Colours').inputValue()).toBe('system');
    expect(await again.ask(EASY.text)).toBe(EASY.answer);
  });

  it('leaves as a bundle, and comes from one where no server has the models: refused while nobody has signed it', async () => {
    const { site } = kiosk();
    const from = await KioskVisit.open(await kiosk().newProfile(), site.url);
    expect(await from.ask(HARD.text)).toBe(HARD.answer);
    const bundle = path.join(temporaryFolder(), 'terrace-models.tar');
    const [download] = await Promise.all([
      from.page.waitForEvent('download'),
      (await from.panel('What is stored')).getByRole('button', { name: 'Save the models as a file' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('terrace-models.tar');
    await download.saveAs(bundle);
    expect(statSync(bundle).size).toBeGreaterThan(20e6);
    expect(from.problems).toEqual([]);

    const bare = await openKioskSite();
    bare.intercept = ({ url }, response) => {
      if (url?.startsWith('/models/') !== true) return false;
      response.writeHead(404).end();
      return true;
    };
    const to = await KioskVisit.open(await kiosk().newProfile(), bare.url);
    const panel = await to.panel('What is stored');
    const input = panel.getByLabel('Bring models from a file');
    await input.setInputFiles(bundle);
    await panel.getByRole('alert').getByText(/sign/).first().waitFor();
    await panel.getByLabel('Accept a file that nobody signed').check();
    await input.setInputFiles({ name: 'rubbish', mimeType: '', buffer: Buffer.alloc(5000, 7) });
    await expect.poll(() => panel.getByRole('alert').innerText()).toMatch(/bundle|archive/);
    await input.setInputFiles(bundle);
    await panel.getByText('The models of the file are here.').waitFor({ timeout: ANSWER_MS });
    expect(await to.ask(HARD.text)).toBe(HARD.answer);
    expect(bare.asked.filter((path_) => path_.endsWith('.onnx'))).toEqual([]);
  });
});
