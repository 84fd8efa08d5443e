import { describe, expect, it } from 'vitest';
import { differs } from './differs.js';
import { guardFeatures } from './guard-features.js';
import { TRAPS } from './traps.js';
import { UNSEEN_TRAPS } from './unseen-traps.js';

describe('the guard', () => {
  it.each([...TRAPS, ...UNSEEN_TRAPS].map(({ kind, a, b }) => [kind, a, b]))(
    'tells apart by %s: %s | %s',
    (_, a, b) => {
      expect(differs(guardFeatures(a), guardFeatures(b))).not.toEqual([]);
      expect(differs(guardFeatures(b), guardFeatures(a))).not.toEqual([]);
    },
  );

  it.each([
    ['How do I reset my password?', 'how can I reset my password'],
    ['Please tell me the opening hours', 'the opening hours, please!'],
    ['What is the weather in Paris today?', "what's the weather in paris today"],
    ["I don't want to be called", 'I do not want to be called'],
    ['book a table for two', 'book a table for 2'],
    ['a timer of 10 min', 'a timer of 10 minutes'],
    ['5kg of flour', '5 kg of flour'],
    ['J’aime le café', "j'aime le café"],
    ['Wie ist das Wetter am Montag?', 'wie ist das Wetter am montag'],
    ['１２ boxes', '12 boxes'],
  ])('lets through what asks the same: %s | %s', (a, b) => {
    expect(differs(guardFeatures(a), guardFeatures(b))).toEqual([]);
  });

  it('reads rubbish', () => {
    for (const text of ['', ' ', '\u0000\uffff', '\ud800', '"', '…'.repeat(500), '💥'.repeat(300), '1'.repeat(1_000)]) {
      expect(differs(guardFeatures(text), guardFeatures(text))).toEqual([]);
    }
  });
});
