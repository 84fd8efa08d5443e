import type { BrowserContext, ConsoleMessage, Locator, Page, Request } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** How long a first answer may take where everything else runs as well: models are downloaded and loaded for it. */
export const ANSWER_MS = 60_000;

/** A question that nano is sure of, and one that it hands on. */
export const EASY = { text: 'How do I freeze my account?', answer: 'Freeze an account' };
export const HARD = { text: 'Someone used my card in a shop I’ve never been to', answer: 'Report fraud' };

/** Panels beside the question, by their titles. */
export type PanelName =
  | 'How fast'
  | 'Chat'
  | 'This device'
  | 'Further away'
  | 'Teach'
  | 'Cost and climbs'
  | 'What is stored';

/** Whether models are here and nothing is on its way. Runs in the page. */
export const isReady = (): boolean =>
  document.querySelector('.badge') !== null && document.querySelector('.session')?.childElementCount === 0;

/** A tab with the kiosk, used as a visitor does: by what is written on the controls. */
export class KioskVisit {
  readonly page: Page;
  /** What a developer would see in red: errors of scripts, of the console, of the policy. */
  readonly problems: string[] = [];
  /** Addresses that the tab and its workers asked for. */
  readonly asked: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', ({ message }) => this.problems.push(message));
    page.on('console', (message: ConsoleMessage) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    page.on('request', (request: Request) => this.asked.push(request.url()));
  }

  /** A tab that is closed when the test is over. @param prepare before the page's own scripts */
  static async open(
    profile: BrowserContext,
    url: string,
    prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<KioskVisit> {
    const page = await profile.newPage();
    onTestFinished(() => page.close());
    const visit = new KioskVisit(page);
    await prepare(page);
    await page.goto(url);
    return visit;
  }

  get question(): Locator {
    return this.page.locator('#question');
  }

  /** The card with what the page says to a question. */
  get answer(): Locator {
    return this.page.getByRole('article');
  }

  /** The steps of the climb, the lightest first. */
  get steps(): Locator {
    return this.page.locator('.staircase > li');
  }

  /** Types a question and waits for its answer. @returns the words of the answer */
  async ask(text: string): Promise<string> {
    await this.question.fill(text);
    await this.question.press('Enter');
    return this.answerTo(text);
  }

  /** Taps one of the suggestions and waits for its answer. */
  async tap(text: string): Promise<string> {
    await this.page.getByRole('button', { name: text }).click();
    return this.answerTo(text);
  }

  async answerTo(text: string): Promise<string> {
    const card = this.answer.filter({ hasText: text });
    await card.waitFor({ timeout: ANSWER_MS });
    return card.locator('.words').innerText();
  }

  /** What a card or panel says under a name. */
  fact(name: string, place: Locator = this.answer): Locator {
    return place
      .locator('.facts > div')
      .filter({ has: this.page.getByText(name, { exact: true }) })
      .locator('dd');
  }

  /** Opens a panel where it is not open. */
  async panel(name: PanelName): Promise<Locator> {
    const panel = this.page.locator('details.panel').filter({ has: this.page.getByRole('heading', { name }) });
    if (!(await panel.evaluate(({ open }: HTMLDetailsElement) => open))) await panel.locator('summary').click();
    return panel;
  }

  /** Opens every panel, and waits until what is in them is known. */
  async openAllPanels(): Promise<void> {
    const closed = this.page.locator('details.panel:not([open]) summary');
    while ((await closed.count()) > 0) await closed.first().click();
    await this.page.waitForFunction(
      () => document.querySelectorAll('details.panel .facts').length >= 2 && document.querySelector('canvas') !== null,
    );
  }

  /** Until models are here and nothing is on its way. */
  async isReady(): Promise<void> {
    await this.page.waitForFunction(isReady, undefined, { timeout: ANSWER_MS });
  }

  /** Names of what is stored for the site, of all kinds. */
  stored(): Promise<string[]> {
    return storedNames(this.page);
  }
}

/** Names of what is stored for a tab's site. */
export const storedNames = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(`files ${name}`);
    for (const { name } of await indexedDB.databases()) names.push(`database ${name}`);
    for (const name of await caches.keys()) names.push(`cache ${name}`);
    for (const name of Object.keys(localStorage)) names.push(`key ${name}`);
    return names.toSorted();
  });
