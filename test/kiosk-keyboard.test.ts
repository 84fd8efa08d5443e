import { describe, expect, it } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { Keyboard, type Focus } from './support/keyboard.js';
import { ledKioskOfThisSuite } from './support/kiosk-of-suite.js';
import { EASY, HARD, KioskVisit } from './support/kiosk-visit.js';

/** Of a page with an answer and every panel open, in the order of reading. */
const CONTROLS = [
  'link Skip to the question',
  'combobox Language',
  'combobox Colours',
  'radio Anything',
  'textbox Your question',
  'button Ask',
  'button Yes, right',
  'button No, wrong',
  'button Ask something else',
  'button How do I freeze my account?',
  'button My suitcase never arrived at the airport',
  'button Do I need an adapter for the sockets in Japan?',
  'button How many days of vacation do I have left?',
  'button Someone used my card in a shop I’ve never been to climbs',
  'button What is the tallest mountain on Mars? off topic',
  'DisclosureTriangle How fast',
  'region How fast',
  'DisclosureTriangle Chat',
  'textbox Message',
  'button Send',
  'DisclosureTriangle This device',
  'combobox How sure must it be?',
  'region Staircase of this device',
  'DisclosureTriangle Further away',
  'switch Pretend there is no network',
  'textbox Address',
  'textbox Model name, for an OpenAI-compatible server',
  'textbox Key, if it needs one',
  'combobox Where it is',
  'button Check and add',
  'DisclosureTriangle Teach',
  'combobox What to teach',
  'textbox Its name',
  'textbox Examples, one a line',
  'button Or from a file',
  'textbox Text',
  'textbox Label',
  'button Add',
  'textbox A question to compare',
  'button Ask it now',
  'button Check the examples',
  'button Teach',
  'DisclosureTriangle Cost and climbs',
  'button Refresh',
  'DisclosureTriangle What is stored',
  'button Save the models as a file',
  'checkbox Accept a file that nobody signed',
  'button Bring models from a file',
  'switch Answer from memory',
  'button Wipe everything',
];
const CLOSED_PANELS = ['Chat', 'This device', 'Further away', 'Teach', 'Cost and climbs', 'What is stored'];

describe.skipIf(!HAS_CHROMIUM)('the kiosk by keyboard alone (needs Chromium)', { timeout: 60_000 }, () => {
  const kiosk = ledKioskOfThisSuite();
  async function visit() {
    const opened = await KioskVisit.open(kiosk().profile, kiosk().site.url);
    await opened.isReady();
    return { visit: opened, page: opened.page, keyboard: await Keyboard.of(opened.page) };
  }

  it('shows every control where it has the focus, in the order of reading', async () => {
    const { visit: opened, page, keyboard } = await visit();
    await opened.tap(HARD.text);
    for (const name of CLOSED_PANELS) {
      await keyboard.tabTo(`DisclosureTriangle ${name}`);
      await keyboard.press('Enter');
    }
    await page.getByRole('button', { name: 'Refresh' }).waitFor();
    await page.getByRole('region', { name: 'Staircase of this device' }).waitFor();
    await keyboard.tabTo(CONTROLS.at(-1)!);
    await keyboard.press('Tab');
    const stops = await keyboard.walk();
    const inShort = ({ name }: Focus): string => CONTROLS.findLast((each) => name.startsWith(each)) ?? name;
    expect(stops.map(inShort)).toEqual(CONTROLS);
    expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([]);
  });

  it('asks, skips what is before the question, and says whether the answer was right', async () => {
    const { visit: opened, page, keyboard } = await visit();
    await keyboard.tabTo('link Skip to the question');
    await keyboard.press('Enter');
    await expect.poll(() => keyboard.at()).toBe('textbox Your question');
    await keyboard.type(EASY.text);
    await keyboard.press('Enter');
    expect(await opened.answerTo(EASY.text)).toBe(EASY.answer);
    await keyboard.tabTo('button No, wrong');
    await keyboard.press('Space');
    await expect.poll(() => keyboard.at()).toBe('combobox What was it about?');
    await keyboard.type('Report fraud');
    await keyboard.tabTo('button Send');
    await keyboard.press('Enter');
    await page.getByText('Thank you. It is noted on this device.').waitFor();
    // The keyboard goes on from there.
    await keyboard.tabTo('button Ask something else');
    await keyboard.press('Enter');
    await expect.poll(() => keyboard.at()).toBe('textbox Your question');
    await keyboard.tabTo(`button ${HARD.text}`);
    await keyboard.press('Space');
    expect(await opened.answerTo(HARD.text)).toBe(HARD.answer);
  });

  it('chooses domain, language, colours and how sure an answer must be', async () => {
    const { page, keyboard } = await visit();
    await keyboard.tabTo('radio Anything');
    await keyboard.press('ArrowDown');
    await expect.poll(() => keyboard.at()).toMatch(/^radio Bank/);
    await page.getByRole('button', { name: 'The machine kept my card' }).waitFor();
    await keyboard.press('ArrowUp');
    await keyboard.press('Shift+Tab');
    await keyboard.type('Dark');
    expect(await page.getByLabel('Colours').inputValue()).toBe('dark');
    await keyboard.press('Shift+Tab', 'ArrowDown');
    await expect.poll(() => keyboard.at()).toBe('combobox 言語');
    await keyboard.press('ArrowUp');
    await expect.poll(() => keyboard.at()).toBe('combobox Language');
    await keyboard.tabTo('DisclosureTriangle This device');
    await keyboard.press('Space');
    await page.getByLabel('How sure must it be?').waitFor();
    await keyboard.tabTo('combobox How sure must it be?');
    await keyboard.press('ArrowDown');
    expect(await page.getByLabel('How sure must it be?').inputValue()).toBe('careful');
    await keyboard.press('ArrowUp');
  });

  it('turns the network off and on, and fills in a form', async () => {
    const { page, keyboard } = await visit();
    await keyboard.tabTo('DisclosureTriangle Further away');
    await keyboard.press('Enter');
    await keyboard.tabTo('switch Pretend there is no network');
    await keyboard.press('Space');
    await page.locator('.badge.strong').getByText('offline').waitFor();
    await keyboard.press('Space');
    await page.locator('.badge.strong').waitFor({ state: 'detached' });
    await keyboard.tabTo('textbox Address');
    await keyboard.type('nowhere');
    await keyboard.tabTo('button Check and add');
    await keyboard.press('Enter');
    await page.getByText('An address begins with http:// or https://.').waitFor();
  });

  it('stays in a dialog until that is answered, leaves it with Escape, and goes on where it was', async () => {
    const { visit: opened, page, keyboard } = await visit();
    await keyboard.tabTo('DisclosureTriangle What is stored');
    await keyboard.press('Enter');
    await keyboard.tabTo('button Wipe everything');
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    const names = new Set<string | undefined>();
    for (let i = 0; i < 5; i++) {
      names.add(await keyboard.at());
      await keyboard.press('Tab');
    }
    names.delete(undefined);
    expect(names).toEqual(new Set(['button Cancel', 'button Wipe']));
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => keyboard.at()).toBe('button Wipe everything');
    expect(await opened.stored()).toContain('files terrace');
  });
});
