import { describe, expect, it } from 'vitest';
import { labelRequest, labelWords } from './label-words.js';

describe('labelWords', () => {
  it.each([
    ['freeze_account', 'freeze account'],
    ['freezeAccount', 'freeze Account'],
    ['card-arrival', 'card arrival'],
    ['bank/cards.lost', 'bank cards lost'],
    ['カードの紛失', 'カードの紛失'],
    ['___', '___'],
    ['reverted_card_payment?', 'reverted card payment?'],
  ])('reads %s as words', (label, words) => {
    expect(labelWords(label)).toBe(words);
  });

  it('makes a request of them', () => {
    expect(labelRequest('card_arrival')).toMatch(/ card arrival$/);
  });
});
