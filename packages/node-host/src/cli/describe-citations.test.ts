import { describe, expect, it } from 'vitest';
import { describeCitations } from './describe-citations.js';

const citation = {
  marker: '[1]',
  collection: 'default',
  documentId: 'd',
  title: 'Hand\u001b[2Jbook',
  chunk: 0,
  start: 4,
  end: 90,
  page: undefined,
  cited: true,
};

describe('citations below an answer', () => {
  it('name the place, say which ones the answer leaves out, and draw nothing', () => {
    const citations = [citation, { ...citation, marker: '[2]', page: 3, cited: false }];
    expect(describeCitations({ citations }).split('\n')).toEqual([
      '[1] Hand[2Jbook, characters 4 to 90',
      '[2] Hand[2Jbook, page 3 (not cited)',
    ]);
  });

  it('say that the answer names none of them', () => {
    const citations = [{ ...citation, cited: false }];
    expect(describeCitations({ citations, uncited: 'not-cited' })).toMatch(/ \(not cited\)$/);
  });

  it('say why there are none', () => {
    for (const [uncited, why] of [
      ['no-documents', 'the collection has no documents'],
      ['nothing-found', 'none has a word of the question'],
      ['below-floor', 'none says enough of it'],
      ['no-room', 'not even a part'],
      ['no-question', 'nothing was asked'],
    ] as const) {
      const told = describeCitations({ citations: [], uncited });
      expect(told.startsWith(`no passage of the documents was given: ${why}`)).toBe(true);
    }
  });
});
