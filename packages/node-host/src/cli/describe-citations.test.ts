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
    expect(describeCitations([citation, { ...citation, marker: '[2]', page: 3, cited: false }]).split('\n')).toEqual([
      '[1] Hand[2Jbook, characters 4 to 90',
      '[2] Hand[2Jbook, page 3 (not cited)',
    ]);
  });

  it('say that there are none', () => {
    expect(describeCitations([])).toMatch(/^no passage of the documents was given: none says enough of it/);
  });
});
