import type { Clock } from '@terrace/core';
import type { Mark } from './mark.js';

/** What ended a moment ago may still be what the page dies of, and is likely to begin again. */
const LINGER_MS = 1000;
/** Where writing takes long, as in a private window, it lingers so many times longer than a write takes. */
const LINGER_PER_WRITE = 20_000;
/** And no longer than this, however long one write took: a device that is switched off at rest has died of nothing. */
const LONGEST_LINGER_MS = 60_000;

/** Marks work while it goes on. @throws what the work throws */
export type During = <T>(mark: Mark, work: () => Promise<T>) => Promise<T>;

/**
 * Writes down what a runtime is at, as seldom as possible: the last mark stays until something else begins or nothing has
 * happened for a second or more, so that runs that follow each other are one write.
 * @param write makes what it is given stand; it never throws
 */
export function createStandingMarks(
  clock: Pick<Clock, 'nowMs' | 'sleep'>,
  write: (marks: readonly Mark[]) => void,
): During {
  let busy: readonly Mark[] = [];
  let written = busy;
  let ends = 0;
  let lingerMs = LINGER_MS;
  let isLingering = false;

  const stand = (marks: readonly Mark[]): void => {
    const each = [...new Set(marks)];
    if (each.length === written.length && each.every((mark, i) => mark === written[i])) return;
    written = each;
    const sinceMs = clock.nowMs();
    write(each);
    // That of a load waits for the disk.
    if (each.at(-1)?.phase === 'run') {
      const writeMs = clock.nowMs() - sinceMs;
      lingerMs = Math.min(Math.max(LINGER_MS, LINGER_PER_WRITE * writeMs), LONGEST_LINGER_MS);
    }
  };

  const linger = async (): Promise<void> => {
    isLingering = true;
    let seen;
    do {
      seen = ends;
      await clock.sleep(lingerMs);
    } while (seen !== ends);
    isLingering = false;
    stand(busy);
  };

  return async (mark, work) => {
    // In another thread it has not begun before this is written, which takes some microseconds. In a private window it
    // takes up to a millisecond, and is not waited for.
    const underWay = work();
    busy = [...busy, mark];
    stand(busy);
    try {
      return await underWay;
    } finally {
      busy = busy.toSpliced(busy.indexOf(mark), 1);
      ends++;
      if (busy.length > 0) stand(busy);
      else if (!isLingering) void linger();
    }
  };
}
