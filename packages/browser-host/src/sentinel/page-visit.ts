import { randomName } from '../random-name.js';

const PREFIX = 'terrace-left-';
/** Each start looks at those that came before it: more wait only where nobody starts. */
const MOST_NOTES = 16;

/** What a page tells a runtime of itself and of pages before it. */
export interface VisitFacts {
  /** Names the runtime in what it leaves behind. */
  readonly owner: string;
  /** Owners whose pages were left in an orderly way: what went on in them has not ended them. */
  readonly left: readonly string[];
}

/** The time in which a page has a runtime of its own. */
export interface PageVisit extends VisitFacts {
  /** The page ends the runtime as it is: whatever goes on in it did not. */
  leave(): void;
  /** The runtime has ended, and has left nothing behind. */
  end(): void;
}

/**
 * Notes when the user leaves, at once and on the page's own thread: its workers are told nothing. A page that is frozen
 * counts as left until it goes on, as it may be thrown away meanwhile.
 */
export function beginVisit(): PageVisit {
  const owner = `${Date.now()}-${randomName()}`;
  const over = new AbortController();
  const leave = (): void => attempt(() => localStorage.setItem(PREFIX + owner, ''));
  const goOn = (): void => attempt(() => localStorage.removeItem(PREFIX + owner));
  for (const [target, away, back] of [
    [window, 'pagehide', 'pageshow'],
    [document, 'freeze', 'resume'],
  ] as const) {
    target.addEventListener(away, leave, over);
    target.addEventListener(back, goOn, over);
  }
  return {
    owner,
    left: readNotes(),
    leave() {
      if (over.signal.aborted) return;
      over.abort();
      leave();
    },
    end: () => over.abort(),
  };
}

function readNotes(): string[] {
  let notes: string[] = [];
  attempt(() => {
    // Their names begin with the time.
    notes = Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .toSorted();
    for (const old of notes.slice(0, -MOST_NOTES)) localStorage.removeItem(old);
  });
  return notes.map((key) => key.slice(PREFIX.length));
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The browser lets this site store nothing, and so there is nothing that could be mistaken.
  }
}
