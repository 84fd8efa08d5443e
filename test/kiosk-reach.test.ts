import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { kioskOfThisSuite } from './support/kiosk-of-suite.js';
import { ANSWER_MS, HARD, KioskVisit } from './support/kiosk-visit.js';
import { homeOfThisFile } from './support/answers.js';
import { startServe, type ServeProcess } from './support/serve.js';

const START_MS = 60_000;

describe.skipIf(!HAS_CHROMIUM)('a server at the site (needs Chromium)', { timeout: 90_000 }, () => {
  const kiosk = kioskOfThisSuite();
  const home = homeOfThisFile();
  let server: ServeProcess | undefined;

  beforeAll(async () => {
    server = await startServe(home, ['--cors', kiosk().site.url, '--log-level', 'silent']);
  }, START_MS);
  afterAll(() => server?.process.kill('SIGKILL'));

  it('is a step of the climb once its address was added, and none after it was removed', async () => {
    const page = await KioskVisit.open(kiosk().profile, kiosk().site.url);
    const device = await page.panel('This device');
    await device.getByLabel('How sure must it be?').selectOption('Very sure (90 %)', { timeout: ANSWER_MS });
    const panel = await page.panel('Further away');
    await panel.getByText('None: everything is answered on this device.').waitFor();
    await panel.getByLabel('Address').fill(server!.url);
    await panel.getByRole('button', { name: 'Check and add' }).click();
    await panel.getByText('Added as “site”.').waitFor();
    expect(await panel.getByRole('listitem').innerText()).toMatch(/^site At the site\s+http:/);
    await page.isReady();

    await page.ask(HARD.text);
    const climb = await page.steps.allInnerTexts();
    expect(climb).toEqual([
      expect.stringMatching(/^nano\s+on this device/),
      expect.stringMatching(/^base\s+on this device[^]*Not sure/),
      expect.stringMatching(/^site\s+at the site[^]*\d% sure needs 90%[^]*\d (ms|sec)/),
    ]);
    expect(await page.fact('Answered by').innerText()).toBe('site · at the site');
    await expect
      .poll(() => device.getByRole('region', { name: 'Staircase of this device' }).innerText())
      .toMatch(/site\s+At the site/);
    expect(page.problems).toEqual([]);

    // Kept for the next visit, and gone when it is removed.
    await page.page.reload();
    const again = await page.panel('Further away');
    await again.getByRole('button', { name: 'Remove site' }).click();
    await again.getByText('None: everything is answered on this device.').waitFor();
    await page.isReady();
    await page.ask(HARD.text);
    expect(await page.steps.count()).toBe(2);
  });

  it.each([
    ['example', 'An address begins with http:// or https://.'],
    ['http://127.0.0.1:9', 'Nothing answers there, or it does not allow this page (CORS).'],
  ])('at %s is refused in words', async (address, words) => {
    const page = await KioskVisit.open(kiosk().profile, kiosk().site.url);
    const panel = await page.panel('Further away');
    await panel.getByLabel('Address').fill(address);
    await panel.getByLabel('Address').press('Enter');
    await panel.getByText(words).waitFor();
    expect(await panel.getByLabel('Address').getAttribute('aria-invalid')).toBe('true');
    expect(await panel.getByRole('listitem').count()).toBe(0);
  });
});
