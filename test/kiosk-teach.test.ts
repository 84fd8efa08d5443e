import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { barriers } from './support/barriers.js';
import { HAS_CHROMIUM } from './support/chromium.js';
import { ledKioskOfThisSuite } from './support/kiosk-of-suite.js';
import { EASY, KioskVisit } from './support/kiosk-visit.js';
import { AS_CSV, AS_JSON_LINES, QUESTION, SAYINGS, SPARE_PARTS } from './support/spare-parts.js';

/** What takes the longest is a fit on a busy machine. */
const SOON_MS = 20_000;

describe.skipIf(!HAS_CHROMIUM)('the kiosk is taught (needs Chromium)', { timeout: 60_000 }, () => {
  const kiosk = ledKioskOfThisSuite();

  async function visit() {
    const opened = await KioskVisit.open(kiosk().profile, kiosk().site.url);
    await opened.panel('Teach');
    // Whatever language its title is in.
    const panel = opened.page.locator('.teach');
    await panel.waitFor();
    const button = (name: string): Locator => panel.getByRole('button', { name, exact: true });
    return {
      visit: opened,
      panel,
      button,
      examples: panel.getByLabel('Examples, one a line'),
      name: panel.getByLabel('Its name'),
      question: panel.getByLabel('A question to compare'),
      versions: panel.getByRole('region', { name: 'Versions on this device' }).getByRole('listitem'),
      tried: (answer: string) =>
        panel.locator('form', { hasText: 'A question to compare' }).getByText(answer, { exact: true }).waitFor(),
      says: (text: string | RegExp) => panel.getByText(text).first().waitFor({ timeout: SOON_MS }),
    };
  }

  it('a new domain by some examples, answers in it, goes back, and returns to what it was taught', async () => {
    const { visit: page, panel, button, examples, name, question, versions, says, tried } = await visit();
    await page.ask(EASY.text);
    expect(await question.inputValue()).toBe(EASY.text);
    await name.fill('spare-parts');
    await examples.fill(AS_CSV);
    await question.fill(QUESTION);
    await button('Check the examples').click();
    await says('24 examples of 3 labels.');
    await button('Teach').click();
    await panel.getByRole('progressbar').waitFor();
    await says('Taught. The new one answers from now on.');
    await says('Nothing of this was here before, and it does better than guessing.');
    expect(await panel.locator('.change dd').allInnerTexts()).toEqual([
      `“${QUESTION}”`,
      'Not taught yet',
      expect.stringMatching(/^warranty\s+\d\d%, by (nano|base|nano \+ base)$/),
    ]);
    expect(await panel.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^nano\s+\d+%\s+\d+% to \d+%\s+[\d.]+ kB\s+[\d.,]+ (ms|sec)$/),
      expect.stringMatching(/^base\s/),
    ]);
    await expect.poll(() => versions.allInnerTexts()).toEqual([expect.stringMatching(/in use\s+taught · 3 labels/)]);

    // Another tab of the site knows it as well.
    const other = await visit();
    await other.panel.getByLabel('What to teach').selectOption('spare-parts');
    await other.question.fill('please order a new mirror');
    await other.button('Ask it now').click();
    await other.tried('order');

    await button('Go back to the one before').click();
    await says('Done. Another one is in use.');
    await button('Ask it now').click();
    await tried('Not taught yet');
    await button('Use this one').click();
    await expect.poll(() => versions.allInnerTexts()).toEqual([expect.stringMatching(/in use/)]);
    await button('Ask it now').click();
    await tried('warranty');
    expect(page.problems).toEqual([]);
  });

  it('names the line that cannot be used, what looks wrong in the others, and what the runtime refuses', async () => {
    const { visit: page, panel, button, examples, name, says } = await visit();
    await button('Teach').click();
    await says('Give it a name of letters, digits, “.”, “_” and “-”.');
    expect(await name.evaluate((input) => input === document.activeElement)).toBe(true);
    await name.fill('faulty');
    await button('Teach').click();
    await says('There are no examples yet.');
    await examples.fill(`${AS_CSV}\na text with, a comma,order`);
    await button('Teach').click();
    await says('Line 26: it has more or fewer columns than the first line.');
    await button('Go to line 26').click();
    const marked = (): Promise<string> =>
      examples.evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart, field.selectionEnd));
    expect(await marked()).toBe('a text with, a comma,order');

    const file = panel.getByLabel('Or from a file');
    const dropped = (content: string | Buffer) => ({ name: 'mine.jsonl', mimeType: '', buffer: Buffer.from(content) });
    await file.setInputFiles(dropped(`${AS_JSON_LINES}\n{"text": "no label"}`));
    await button('Check the examples').click();
    await says('Line 25: it has no "text" and "label" in quotes.');
    await file.setInputFiles(dropped(Buffer.from([0x82, 0xa0, 0x82, 0xa2])));
    await says('The file is not UTF-8');
    await file.setInputFiles(dropped(Buffer.alloc(5_000_001, 'a')));
    await says('The file is larger than 5 MB');

    const files = await page.page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], 'mine.jsonl'));
      return transfer;
    }, AS_JSON_LINES);
    await examples.dispatchEvent('drop', { dataTransfer: files });
    await expect.poll(() => examples.inputValue()).toBe(AS_JSON_LINES);

    await examples.fill(`${AS_CSV}\n${SAYINGS.order} gasket,order\n${SAYINGS.order} piston,warranty`);
    await panel.getByLabel('Text', { exact: true }).fill('a lonely, "quoted" text');
    await panel.getByLabel('Label', { exact: true }).fill('lonely');
    await panel.getByLabel('Label', { exact: true }).press('Enter');
    await button('Check the examples').click();
    await says('27 examples of 4 labels. Worth a look:');
    await says('The same text stands in lines 2, 26, as “order”.');
    await says('The same or nearly the same text has several labels in lines 5, 27: order, warranty.');
    await says('“lonely” has only 1: five or more are better.');
    await says('Left out as repeated: line 26.');
    await button('Go to line 26').click();
    expect(await marked()).toBe('please order a new gasket,order');

    await examples.fill(AS_CSV.replaceAll(/order$|send_back$/gm, 'warranty'));
    await button('Teach').click();
    await panel.getByRole('alert').getByText('All rows have the same label.').waitFor();
    await panel.getByText('Nothing was taught here yet.').waitFor();
    expect(page.problems).toEqual([]);
  });

  it('without a network as well, from the models that are here', async () => {
    const { visit: page, button, examples, name, question, says } = await visit();
    const network = (await page.panel('Further away')).getByRole('switch');
    await network.check();
    await page.page.locator('.badge.strong').waitFor();
    await name.fill('offline');
    await question.fill(QUESTION);
    await examples.fill(AS_JSON_LINES);
    await button('Teach').click();
    await says('Taught. The new one answers from now on.');
    await network.uncheck();
    expect(page.problems).toEqual([]);
  });

  it('leaves everything as it was when it is cancelled', async () => {
    const { visit: page, panel, button, examples, name, question, says } = await visit();
    await name.fill('cancelled');
    await question.fill(QUESTION);
    const many = Array.from({ length: 40 }, (_, i) =>
      SPARE_PARTS.map(({ text, label }) => `${text} ${i},${label}`),
    ).flat();
    await examples.fill(['text,label', ...many].join('\n'));
    await button('Teach').click();
    await says(/^Reading the examples/);
    await button('Cancel').click();
    await says('Cancelled. Everything is as it was.');
    expect(await button('Teach').evaluate((element) => element === document.activeElement)).toBe(true);
    await panel.getByText('Nothing was taught here yet.').waitFor();
    await button('Ask it now').click();
    await says('Not taught yet');
    expect(await page.ask(EASY.text)).toBe(EASY.answer);
    expect(page.problems).toEqual([]);
  });

  it.each([
    ['en', 'light', 1280],
    ['ja', 'dark', 360],
  ] as const)('has no serious barrier: %s, %s, %i px', async (language, theme, width) => {
    const { visit: page, panel, examples } = await visit();
    await page.page.setViewportSize({ width, height: 800 });
    const [domain, buttons] = [panel.locator('select'), panel.locator('.actions button')];
    await panel.getByRole('textbox').first().fill(`barriers-${theme}`);
    await examples.fill(`${AS_CSV}\n${SAYINGS.order} gasket,order`);
    await page.page.locator('select').first().selectOption(language);
    await page.page.locator('select').nth(1).selectOption(theme);
    expect(await domain.locator('option').count()).toBeGreaterThan(2);
    await buttons.last().click();
    await panel.locator('.fit-progress').waitFor();
    expect(await barriers(page.page)).toEqual([]);
    await panel.locator('.fit-outcome').waitFor({ timeout: SOON_MS });
    await panel.locator('.revisions li').waitFor();
    expect(await barriers(page.page)).toEqual([]);
    expect(page.problems).toEqual([]);
    await page.page.locator('select').first().selectOption('en');
    await page.page.locator('select').nth(1).selectOption('system');
  });
});
