import { describe, expect, it } from 'vitest';
import { barriers } from './support/barriers.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { downloadsHeld } from './support/held-downloads.js';
import { ledKioskOfThisSuite } from './support/kiosk-of-suite.js';
import { EASY, HARD, KioskVisit } from './support/kiosk-visit.js';

const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };

describe.skipIf(!HAS_CHROMIUM)('the kiosk has no serious barrier (needs Chromium)', { timeout: 60_000 }, () => {
  const kiosk = ledKioskOfThisSuite();

  it.each([
    ['light', 'en', DESKTOP],
    ['dark', 'ja', DESKTOP],
    ['light', 'ja', PHONE],
    ['dark', 'en', PHONE],
  ] as const)('%s, %s, %o', async (theme, language, size) => {
    const page = await KioskVisit.open(kiosk().profile, kiosk().site.url, (tab) => tab.setViewportSize(size));
    await page.page.locator('select').first().selectOption(language);
    await page.page.locator('select').nth(1).selectOption(theme);
    await page.isReady();
    expect(await barriers(page.page)).toEqual([]);
    await page.tap(HARD.text);
    await page.openAllPanels();
    await page.page.locator('.feedback button').nth(1).click();
    expect(await barriers(page.page)).toEqual([]);
    await page.page.locator('button.danger').last().click();
    await page.page.getByRole('dialog').waitFor();
    expect(await barriers(page.page)).toEqual([]);
  });

  it('while it is opening, when nothing is known, and when something failed', async () => {
    const { site } = kiosk();
    const profile = await kiosk().newProfile();
    const release = downloadsHeld(site);
    const page = await KioskVisit.open(profile, site.url);
    await page.page.getByRole('progressbar').waitFor();
    await page.question.fill(EASY.text);
    await page.question.press('Enter');
    await page.page.locator('.asking').waitFor();
    expect(await barriers(page.page)).toEqual([]);
    release();
    await page.answerTo(EASY.text);
    await page.tap('What is the tallest mountain on Mars?');
    expect(await barriers(page.page)).toEqual([]);
    const panel = await page.panel('Further away');
    await panel.getByLabel('Address').fill('nowhere');
    await panel.getByRole('button', { name: 'Check and add' }).click();
    await panel.locator('.problem').waitFor();
    await panel.getByRole('switch').check();
    await page.page.locator('.badge.strong').waitFor();
    expect(await barriers(page.page)).toEqual([]);
  });
});
