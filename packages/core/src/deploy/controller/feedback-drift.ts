import { ChangeTest } from '../statistics/change-test.js';
import { Remembered } from './remembered.js';

const REMEMBERED = 100_000;
/** P(it finds a change of one model where there is none), ever. */
const ALPHA = 0.01;

/**
 * Watches what is said of each model. Those who say something are no fair sample of all answers, so that it is no reward;
 * but where the share of them that is content changes, something has.
 */
export class FeedbackDrift {
  readonly #heard = new Remembered(REMEMBERED);
  readonly #tests = new Map<number, ChangeTest>();

  /** Each request has one word. @returns whether it is new */
  isNew(requestId: string): boolean {
    return this.#heard.add(requestId);
  }

  /** @returns whether what is said of an arm has changed */
  hear(arm: number, right: boolean): boolean {
    const test = this.#tests.get(arm) ?? new ChangeTest(ALPHA);
    this.#tests.set(arm, test);
    if (!test.add(right ? 1 : 0)) return false;
    test.begin(ALPHA);
    return true;
  }
}
