import type { InvalidDocumentError } from '../../errors/invalid-document-error.js';
import { DOCUMENT_LIMITS } from '../read-document.js';
import { unreadable } from './unreadable.js';

/** The time that a document may be read for. */
export interface ReadingTime {
  /** A page more was read: a book takes longer than a letter, on a small box minutes. */
  page(): void;
  stop(): void;
}

/** @param onOver called once when the time is over, unless it was stopped before */
export function startReadingTime(limitMs: number, onOver: (error: InvalidDocumentError) => void): ReadingTime {
  let givenMs = limitMs;
  let moreMs = 0;
  const look = (): void => {
    if (moreMs === 0) return onOver(unreadable('too-slow', `${(givenMs / 1000).toLocaleString('en')} s`));
    timer = setTimeout(look, moreMs);
    givenMs += moreMs;
    moreMs = 0;
  };
  let timer = setTimeout(look, limitMs);
  return {
    page() {
      moreMs += DOCUMENT_LIMITS.pageMs;
    },
    stop: () => clearTimeout(timer),
  };
}
