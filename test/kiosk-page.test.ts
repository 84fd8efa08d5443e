import { afterEach, describe, expect, it } from 'vitest';
import { HAS_CHROMIUM } from './support/chromium.js';
import { ledKioskOfThisSuite } from './support/kiosk-of-suite.js';
import { EASY, HARD, KioskVisit } from './support/kiosk-visit.js';

describe.skipIf(!HAS_CHROMIUM)('the kiosk (needs Chromium)', { timeout: 60_000 }, () => {
  const kiosk = ledKioskOfThisSuite();
  const visits: KioskVisit[] = [];

  /** A tab of the profile that has the models. */
  async function visit(prepare?: Parameters<typeof KioskVisit.open>[2]): Promise<KioskVisit> {
    const opened = await KioskVisit.open(kiosk().profile, kiosk().site.url, prepare);
    visits.push(opened);
    return opened;
  }

  /** Nothing that it shows is wrong or comes from elsewhere. */
  const expectNoProblems = ({ problems, asked }: KioskVisit): void => {
    const { origin } = new URL(kiosk().site.url);
    expect(problems).toEqual([]);
    expect(asked.filter((address) => !address.startsWith('blob:') && new URL(address).origin !== origin)).toEqual([]);
  };
  afterEach(() => visits.splice(0).forEach(expectNoProblems));

  it('answers a question that is typed: in words, with how sure it is, by whom, and at what cost', async () => {
    const page = await visit();
    expect(await page.ask(EASY.text)).toBe(EASY.answer);
    expect(await page.fact('Likely right').innerText()).toMatch(/^9\d%$/);
    expect(await page.fact('Answered by').innerText()).toBe('nano · on this device');
    expect(await page.fact('Took').innerText()).toMatch(/^[\d.,]+ (ms|sec)$/);
    expect(await page.fact('Cost').innerText()).toBe('nothing');
  });

  it('shows the climb of a question that is tapped as a staircase: what each step made of it, and why it went on', async () => {
    const page = await visit();
    expect(await page.tap(HARD.text)).toBe(HARD.answer);
    expect(await page.question.inputValue()).toBe(HARD.text);
    const [nano, base] = await page.steps.allInnerTexts();
    expect(nano).toMatch(/^nano\s+on this device[^]*Not sure\s+below what you ask for[^]*3\d% sure needs 60%/);
    expect(base).toMatch(/^base\s+on this device[^]*Accepted[^]*8\d% sure needs 60%[^]*\d (ms|sec)/);
    expect(await page.fact('Answered by').innerText()).toBe('nano + base · on this device');
  });

  it('says of a question about none of its topics that it is outside, and of an unclear one what it may be', async () => {
    const page = await visit();
    expect(await page.tap('What is the tallest mountain on Mars?')).toBe('That is outside what I was taught');
    await page.page.getByRole('radio', { name: /^Bank/ }).check();
    expect(await page.answer.count()).toBe(0);
    expect(await page.tap('Why is my money not there yet?')).toBe('I am not sure');
    expect(await page.answer.locator('.candidates li').count()).toBe(3);
    await page.page.getByRole('radio', { name: /^Anything/ }).check();
    expect(await page.ask('口座を凍結したい')).toBe('I cannot read this script');
  });

  it('asks nothing where nothing was typed, and lets go of a question that is cleared', async () => {
    const page = await visit();
    await page.question.fill('   ');
    await page.page.getByRole('button', { name: 'Ask', exact: true }).click();
    expect(await page.question.evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await page.answer.count()).toBe(0);
    await page.ask(EASY.text);
    await page.page.getByRole('button', { name: 'Ask something else' }).click();
    expect(await page.question.inputValue()).toBe('');
    expect(await page.answer.count()).toBe(0);
  });

  it('draws what each tier took, and has it in a table', async () => {
    const page = await visit();
    await page.ask(HARD.text);
    await page.ask(EASY.text);
    const panel = await page.panel('How fast');
    await expect.poll(() => panel.locator('canvas').count()).toBe(1);
    await expect.poll(() => panel.locator('tbody tr').allInnerTexts()).toHaveLength(2);
    const [nano, base] = await panel.locator('tbody tr').allInnerTexts();
    expect(nano).toMatch(/^\s*nano\s+2\s/);
    expect(base).toMatch(/^\s*base\s+1\s/);
    expect(await panel.locator('canvas').evaluate(isDrawnOn)).toBe(true);
  });

  it('takes feedback with a correction into the ledger, and sums it up', async () => {
    const page = await visit();
    await page.ask(HARD.text);
    await page.page.getByRole('button', { name: 'No, wrong' }).click();
    await page.page.getByLabel('What was it about?').selectOption('Freeze an account');
    await page.page.getByRole('button', { name: 'Send' }).click();
    await page.page.getByText('Thank you. It is noted on this device.').waitFor();
    const panel = await page.panel('Cost and climbs');
    await panel.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(() => page.fact('Found right', panel).innerText()).toBe('0 of 1 judged');
    expect(Number(await page.fact('Questions', panel).innerText())).toBeGreaterThanOrEqual(2);
    expect(await page.fact('Spent', panel).innerText()).toMatch(/^\$0 · \$\S+ if all had gone to the cloud$/);
    expect((await page.page.evaluate(storedRecords, 'terrace-ledger')).flat()).toEqual(
      expect.arrayContaining([expect.objectContaining({ right: false, correction: 'freeze_account' })]),
    );
  });

  it('tells what was measured of the device, which rungs it gets, and what was refused and why', async () => {
    const page = await visit();
    const panel = await page.panel('This device');
    expect(await page.fact('Browser', panel).innerText()).toMatch(/^Chromium \d+, Linux$/);
    expect(Number(await page.fact('Processor cores', panel).innerText())).toBeGreaterThan(0);
    expect(await page.fact('WebAssembly', panel).innerText()).toBe('vector instructions, threads');
    const rows = panel.getByRole('region', { name: 'Staircase of this device' }).locator('tbody tr');
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/^nano\s+wasm q4\s/),
      expect.stringMatching(/^base\s+wasm int8\s/),
    ]);
    const refused = await panel.locator('.refusals').first().innerText();
    expect(refused).toMatch(
      /webgpu this browser has no graphics for it\s+this browser has WebGPU, and no adapter for it/,
    );
    expect(refused).toMatch(/small int8 adds nothing here/);
    await panel.getByLabel('How sure must it be?').selectOption('Very sure (90 %)');
    await page.ask(HARD.text);
    expect((await page.steps.allInnerTexts()).at(-1)).toMatch(/Not sure[^]*needs 90%/);
    await panel.getByLabel('How sure must it be?').selectOption('Sure enough for a kiosk (60 %)');
  });

  it('speaks Japanese, and keeps to it', async () => {
    const page = await visit();
    await page.ask(HARD.text);
    await page.panel('This device');
    await page.page.getByLabel('Language').selectOption('日本語');
    const refused = page.page.locator('.refusals').first();
    expect(await refused.innerText()).toMatch(/webgpu このブラウザーから使えるグラフィックスがない/);
    expect(await refused.innerText()).toMatch(/small int8 ここでは足しにならない/);
    expect(await refused.locator('small').count()).toBe(0);
    expect(await page.answer.locator('.words').innerText()).toBe('不正利用を届け出る');
    expect(await page.page.title()).toBe('Terrace に聞く');
    await page.page.reload();
    await page.page.getByRole('heading', { level: 1, name: 'Terrace に聞く' }).waitFor();
    expect(await page.page.locator('html').getAttribute('lang')).toBe('ja');
    await page.page.getByLabel('言語').selectOption('English');
  });

  it('is light or dark as the visitor wants it, and else as the device is', async () => {
    const page = await visit();
    const ground = (): Promise<string> => page.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(ground).not.toBe(light);
    const dark = await ground();
    await page.page.getByLabel('Colours').selectOption('Light');
    await expect.poll(ground).toBe(light);
    await page.page.reload();
    await page.page.getByLabel('Colours').selectOption('Dark');
    await page.page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(ground).toBe(dark);
    await page.page.getByLabel('Colours').selectOption('As the device');
    await expect.poll(ground).toBe(light);
  });

  it('forgets question and answer when nobody has touched it for 90 seconds, and keeps the settings', async () => {
    const page = await visit((tab) => tab.clock.install());
    await page.page.getByLabel('Colours').selectOption('Dark');
    await page.ask(EASY.text);
    await page.page.clock.fastForward(80_000);
    await page.page.keyboard.press('Shift');
    await page.page.clock.fastForward(80_000);
    expect(await page.answer.count()).toBe(1);
    // The page may have scrolled by itself meanwhile, which looks like a touch.
    await page.page.clock.fastForward(90_001);
    await expect.poll(() => page.answer.count()).toBe(0);
    await expect.poll(() => page.question.inputValue()).toBe('');
    expect(await page.page.getByLabel('Colours').inputValue()).toBe('dark');
    await page.page.getByLabel('Colours').selectOption('As the device');
  });

  it('shows which of two tabs leads, and the other leads when it is closed', async () => {
    const profile = await kiosk().newProfile();
    const [first, second] = [
      await KioskVisit.open(profile, kiosk().site.url),
      await KioskVisit.open(profile, kiosk().site.url),
    ];
    await first.page.getByText('Leading tab').waitFor();
    await first.isReady();
    // What workers ask for is seen as well.
    expect(first.asked).toContain(`${kiosk().site.url}/models/catalog.json`);
    expectNoProblems(first);
    await second.page.getByText('Following tab').waitFor();
    expect(await second.ask(EASY.text)).toBe(EASY.answer);
    await first.page.close();
    await second.page.getByText('Leading tab').waitFor();
    expect(await second.ask(HARD.text)).toBe(HARD.answer);
    expectNoProblems(second);
  });

  it('pretends that there is no network while the switch is on, and answers from what is here', async () => {
    const page = await visit();
    await page.isReady();
    const panel = await page.panel('Further away');
    await panel.getByRole('switch', { name: 'Pretend there is no network' }).check();
    await page.page.locator('.badge.strong').getByText('offline').waitFor();
    expect(await page.ask(HARD.text)).toBe(HARD.answer);
    const device = await page.panel('This device');
    await expect.poll(() => page.fact('Network', device).innerText()).toBe('offline');
    await panel.getByRole('switch').uncheck();
    await expect.poll(() => page.fact('Network', device).innerText()).toMatch(/^online/);
  });
});

/** Whether a canvas is other than empty. */
const isDrawnOn = (canvas: HTMLElement | SVGElement): boolean => {
  const { width, height } = canvas as HTMLCanvasElement;
  const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
  return data.some((value) => value > 0);
};

/** Everything in a database. */
const storedRecords = async (name: string): Promise<unknown[]> => {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error!));
    });
  const database = await done(indexedDB.open(name));
  const records: unknown[] = [];
  for (const store of database.objectStoreNames)
    records.push(...(await done(database.transaction(store).objectStore(store).getAll())));
  database.close();
  return records;
};
