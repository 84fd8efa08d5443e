import type { Clock } from '@terrace/core';
import type { Mark } from './mark.js';

/** What ended a moment ago may still be what the page dies of, and is likely to begin again. */
const LINGER_MS = 1000;

/**
 * What a runtime is at, written down as seldom as possible: the last mark stays until something else begins or nothing
 * has happened for a second, so that runs that follow each other are one write.
 */
export class StandingMarks {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #write: (marks: readonly Mark[]) => void;
  #busy: readonly Mark[] = [];
  #written = '[]';
  #ends = 0;
  #isLingering = false;

  /** @param write makes what it is given stand; it never throws */
  constructor(clock: Pick<Clock, 'sleep'>, write: (marks: readonly Mark[]) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /**
   * Marks work that goes on in another thread. It is begun first: writing takes some microseconds, before that thread
   * has read its message, and up to a millisecond in a private window, which is not to be waited for.
   */
  async during<T>(mark: Mark, work: () => Promise<T>): Promise<T> {
    const underWay = work();
    this.#stand([...this.#busy, mark]);
    try {
      return await underWay;
    } finally {
      const at = this.#busy.indexOf(mark);
      this.#end(this.#busy.toSpliced(at, 1));
    }
  }

  #end(left: readonly Mark[]): void {
    this.#ends++;
    if (left.length > 0) return this.#stand(left);
    this.#busy = left;
    if (!this.#isLingering) void this.#linger();
  }

  async #linger(): Promise<void> {
    this.#isLingering = true;
    let seen;
    do {
      seen = this.#ends;
      await this.#clock.sleep(LINGER_MS);
    } while (seen !== this.#ends);
    this.#isLingering = false;
    if (this.#busy.length === 0) this.#stand([]);
  }

  #stand(marks: readonly Mark[]): void {
    this.#busy = marks;
    const each = [...new Set(marks)];
    const text = JSON.stringify(each);
    if (text === this.#written) return;
    this.#written = text;
    this.#write(each);
  }
}
