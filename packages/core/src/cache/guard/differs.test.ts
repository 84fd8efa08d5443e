import { describe, expect, it } from 'vitest';
import { differs } from './differs.js';
import { FURTHER_TRAPS } from './further-traps.js';
import { guardFeatures } from './guard-features.js';
import { TRAPS } from './traps.js';
import { UNSEEN_TRAPS } from './unseen-traps.js';

describe('the guard', () => {
  it.each([...TRAPS, ...UNSEEN_TRAPS, ...FURTHER_TRAPS].map(({ kind, a, b }) => [kind, a, b]))(
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
    ['wake me at 6 AM', 'wake me at 6 am'],
    ['How Do I Reset My Password', 'how do i reset my password'],
    ['a 10 GB plan', 'a 10 gb plan'],
    ["the users' manual", 'the users manual'],
    ['could you tell me my balance', 'tell me my balance'],
  ])('lets through what asks the same: %s | %s', (a, b) => {
    expect(differs(guardFeatures(a), guardFeatures(b))).toEqual([]);
  });

  it.each([
    ['polish shoes', 'Polish shoes'],
    ['what is china made of', 'what is China made of'],
    ['is the target open', 'is Target open'],
    ['pay, it is late', 'pay if it is late'],
    ['few people came', 'a few people came'],
    ['little time', 'a little time'],
    ['you may not enter', 'you might not enter'],
    ['the pump is not in hall two but in hall one', 'the pump is in hall two but not in hall one'],
  ])('does not tell apart what only a capital, a small word or a word that stands twice says: %s | %s', (a, b) => {
    expect(differs(guardFeatures(a), guardFeatures(b))).toEqual([]);
  });

  it('reads rubbish', () => {
    for (const text of ['', ' ', '\u0000\uffff', '\ud800', '"', '…'.repeat(500), '💥'.repeat(300), '1'.repeat(1_000)]) {
      expect(differs(guardFeatures(text), guardFeatures(text))).toEqual([]);
    }
  });
});
