import { expect, it } from 'vitest';
import { wordsOf } from './words.js';

const words = (text: string): string[] => [...wordsOf(text)];

it('reads words of one width and case, without English endings', () => {
  expect(words('The CARD’s fees; cards, fee, ＣＡＲＤ!')).toEqual(['the', 'card', 'fee', 'card', 'fee', 'card']);
  expect(words('currencies currency blocking blocked block')).toEqual([
    'currency',
    'currency',
    'block',
    'block',
    'block',
  ]);
  expect(words('bus red king this glass')).toEqual(['bus', 'red', 'king', 'thi', 'glass']);
});

it('leaves words of other alphabets, numbers and accents whole', () => {
  expect(words('Straße läuft карты 12.50 हिन्दी')).toEqual(['straße', 'läuft', 'карты', '12', '50', 'हिन्दी']);
});

it('finds words where no spaces are', () => {
  const found = words('カードを紛失しました。銀行カード');
  expect(found.filter((word) => word === 'カード')).toHaveLength(2);
  expect(found).toContain('銀行');
});

it('has none where no letters are, and cuts what is no word', () => {
  expect(words(' .,;!? \n <|> 😀')).toEqual([]);
  expect(words('x'.repeat(5000))).toEqual(['x'.repeat(64)]);
  expect(words('語'.repeat(5000)).join('').length).toBe(5000);
});
