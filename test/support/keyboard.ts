import type { CDPSession, Page } from 'playwright-core';

/** Where the keyboard is. */
export interface Focus {
  /** Role and name, as the browser tells them to a screen reader. */
  readonly name: string;
  /** Whether a line is drawn around it, or around the label it is in. */
  readonly isSeen: boolean;
}

const MOST_STOPS = 80;

/** A page of which only the keyboard is used. */
export class Keyboard {
  readonly #page: Page;
  readonly #session: CDPSession;

  private constructor(page: Page, session: CDPSession) {
    this.#page = page;
    this.#session = session;
  }

  static async of(page: Page): Promise<Keyboard> {
    return new Keyboard(page, await page.context().newCDPSession(page));
  }

  press(...keys: readonly string[]): Promise<void> {
    return keys.reduce((before, key) => before.then(() => this.#page.keyboard.press(key)), Promise.resolve());
  }

  type(text: string): Promise<void> {
    return this.#page.keyboard.type(text);
  }

  /** @returns nothing where no control has it */
  async focus(): Promise<Focus | undefined> {
    const { result } = await this.#session.send('Runtime.evaluate', { expression: 'document.activeElement' });
    const { nodes } = await this.#session.send('Accessibility.getPartialAXTree', {
      objectId: result.objectId!,
      fetchRelatives: false,
    });
    const [{ role, name, ignored } = { ignored: true }] = nodes;
    if (ignored || role?.value === 'RootWebArea') return undefined;
    return { name: `${role?.value} ${name?.value}`, isSeen: await this.#page.evaluate(isOutlined) };
  }

  /** @returns role and name of the control that has it */
  async at(): Promise<string | undefined> {
    return (await this.focus())?.name;
  }

  /** Goes on with Tab until it is at a control. @param wanted how role and name begin */
  async tabTo(wanted: string): Promise<void> {
    const passed: (string | undefined)[] = [];
    while (passed.length < MOST_STOPS) {
      await this.press('Tab');
      const name = await this.at();
      if (name?.startsWith(wanted)) return;
      passed.push(name);
    }
    throw new Error(`Tab does not come to ${wanted}, only to ${passed.join(', ')}`);
  }

  /** Every stop of Tab from the beginning of the page to its end. */
  async walk(): Promise<Focus[]> {
    const stops: Focus[] = [];
    while (stops.length < MOST_STOPS) {
      await this.press('Tab');
      const focus = await this.focus();
      if (!focus) return stops;
      stops.push(focus);
    }
    throw new Error('Tab does not come to an end');
  }
}

const isOutlined = (): boolean => {
  const focused = document.activeElement!;
  const { width, height } = focused.getBoundingClientRect();
  const isThere = width > 0 && height > 0;
  return (
    isThere &&
    [focused, focused.closest('label')].some((each) => {
      if (!each) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(each);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    })
  );
};
