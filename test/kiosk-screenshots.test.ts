import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContextOptions, Locator, Page, ViewportSize } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { kioskOfThisSuite } from './support/kiosk-of-suite.js';
import { ANSWER_MS, EASY, HARD, KioskVisit } from './support/kiosk-visit.js';
import { layoutFaults } from './support/layout-faults.js';
import { AS_CSV, QUESTION } from './support/spare-parts.js';

/** Where pictures go; without it none are made. */
const FOLDER = process.env['TERRACE_SCREENSHOTS'];

const PHONE = { width: 390, height: 844 };
const PHONES = [PHONE, { width: 360, height: 640 }, { width: 844, height: 390 }];
const DESKTOP = { width: 1280, height: 800 };
const DESKTOPS = [DESKTOP, { width: 960, height: 600 }, { width: 1080, height: 1920 }];
const WALL = { width: 3840, height: 2160 };
const TOUCH = { hasTouch: true, isMobile: true, deviceScaleFactor: 1.5 } as const;
const ENGLISH = { locale: 'en-US', colorScheme: 'light' } as const;
const JAPANESE = { locale: 'ja-JP', colorScheme: 'dark' } as const;

interface Look extends BrowserContextOptions {
  /** It is looked at in each, and its picture is of the first. */
  readonly sizes: readonly ViewportSize[];
  readonly shows: 'climb' | 'device' | 'teach';
}

/** By the names of their pictures. */
const LOOKS: Readonly<Record<string, Look>> = {
  phone: { sizes: PHONES, shows: 'climb', ...ENGLISH, ...TOUCH },
  'phone-ja-dark': { sizes: PHONES, shows: 'climb', ...JAPANESE, ...TOUCH },
  desktop: { sizes: DESKTOPS, shows: 'climb', ...ENGLISH },
  'desktop-ja-dark': { sizes: DESKTOPS, shows: 'device', ...JAPANESE },
  teach: { sizes: [DESKTOP, PHONE, WALL], shows: 'teach', ...ENGLISH },
  'wall-dark': { sizes: [WALL], shows: 'climb', ...ENGLISH, colorScheme: 'dark' },
};

/** Pictures are no wider, in pixels: who reads about the page looks at a column of text. */
const WIDEST_PX = 1280;

/**
 * Asked before the picture is made, so that it shows a page that has been in use for a while; not what the picture is of,
 * as that would be answered from memory.
 */
const BEFORE = [
  'How many days of vacation do I have left?',
  EASY.text,
  'What is the tallest mountain on Mars?',
  'My suitcase never arrived at the airport',
];

describe.skipIf(!HAS_CHROMIUM)('the kiosk fits, and nothing of it is cut (needs Chromium)', { timeout: 60_000 }, () => {
  const kiosk = kioskOfThisSuite();

  it.each(Object.entries(LOOKS))('%s', async (name, { sizes, shows, ...look }) => {
    const profile = await kiosk().newProfile({ ...look, viewport: sizes[0]! });
    const visit = await KioskVisit.open(profile, kiosk().site.url);
    const { page } = visit;
    const expectNoFaults = async (): Promise<void> => {
      for (const size of sizes.toReversed()) {
        await page.setViewportSize(size);
        const faults = async () => ({ size, faults: await page.evaluate(layoutFaults, look.hasTouch === true) });
        // The chart follows its place a moment later.
        await expect.poll(faults).toEqual({ size, faults: [] });
      }
    };
    await expectNoFaults();
    for (const text of BEFORE) await visit.tap(text);
    await visit.tap(HARD.text);
    await page.locator('.badge').nth(1).waitFor({ timeout: ANSWER_MS });
    await expectNoFaults();
    if (shows === 'climb') await keep(name, await pictureUntil(page, visit.steps.last()));
    await visit.openAllPanels();
    if (shows === 'device') await keep(name, await panelCalled(page, 'この端末').screenshot());
    if (shows === 'teach') {
      await teachSpareParts(visit);
      await expectNoFaults();
      await keep(name, await panelCalled(page, 'Teach').screenshot());
    }
    await page.locator('.feedback button').nth(1).click();
    await expectNoFaults();
    await page.locator('button.danger').last().click();
    await page.getByRole('dialog').waitFor();
    await expectNoFaults();
  });
});

const panelCalled = (page: Page, title: string): Locator =>
  page.locator('details.panel').filter({ has: page.locator('summary', { hasText: title }) });

/** With one example that stands there twice, until it is known what came of it. */
async function teachSpareParts(visit: KioskVisit): Promise<void> {
  const panel = await visit.panel('Teach');
  await panel.getByLabel('Its name').fill('spare-parts');
  await panel.getByLabel('Examples, one a line').fill(`${AS_CSV}\n${AS_CSV.split('\n')[1]}`);
  await panel.getByLabel('A question to compare').fill(QUESTION);
  await panel.getByRole('button', { name: 'Teach', exact: true }).click();
  await panel.getByText('in use', { exact: true }).waitFor({ timeout: ANSWER_MS });
}

async function keep(name: string, picture: Buffer): Promise<void> {
  if (FOLDER === undefined) return;
  await mkdir(FOLDER, { recursive: true });
  await writeFile(path.join(FOLDER, `kiosk-${name}.png`), picture);
}

/** The page from its beginning to the end of something on it. */
async function pictureUntil(page: Page, last: Locator): Promise<Buffer> {
  await page.mouse.move(0, 0);
  const endPx = await last.evaluate((element) => {
    scrollTo(0, 0);
    return element.getBoundingClientRect().bottom + 24;
  });
  const { width } = page.viewportSize()!;
  const clip = { x: 0, y: 0, width, height: Math.round(endPx) };
  const picture = await page.screenshot({ fullPage: true, clip });
  return width > WIDEST_PX ? scaledDown(page, picture, clip) : picture;
}

/** As a browser draws a picture that is too wide. */
async function scaledDown(page: Page, picture: Buffer, of: { width: number; height: number }): Promise<Buffer> {
  const size = { width: WIDEST_PX, height: Math.round((of.height * WIDEST_PX) / of.width) };
  const sheet = await page.context().newPage();
  await sheet.setViewportSize(size);
  const source = `data:image/png;base64,${picture.toString('base64')}`;
  await sheet.setContent(`<style>body { margin: 0 } img { display: block; width: 100% }</style><img src="${source}">`);
  await sheet.waitForFunction(() => document.images[0]!.complete);
  const small = await sheet.screenshot();
  await sheet.close();
  return small;
}
