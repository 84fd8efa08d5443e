import { describe, expect, it } from 'vitest';
import { agreementOf } from './agreement.js';
import { isRight } from './is-right.js';

describe('an answer', () => {
  it('is right word for word, as a part of what was said, or as JSON', () => {
    expect(isRight(' Paris. ', ['Rome', 'paris'], 'exact')).toBe(true);
    expect(isRight('It is Paris.', ['paris'], 'exact')).toBe(false);
    expect(isRight('It is Paris.', ['paris'], 'contains')).toBe(true);
    expect(isRight('It is a comparison.', ['paris'], 'contains')).toBe(false);
    expect(isRight('It is "4".', ['4'], 'contains')).toBe(true);
    expect(isRight('{"b":1, "a":[2]}', ['{"a":[2],"b":1}'], 'json')).toBe(true);
    expect(isRight('{"a":[2,1]}', ['{"a":[1,2]}'], 'json')).toBe(false);
    expect(isRight('no JSON', ['no JSON'], 'json')).toBe(false);
    expect(isRight('"a"', ['"A"'], 'json')).toBe(false);
    expect(isRight('', [''], 'exact')).toBe(true);
    expect(isRight('"Paris."', ['Paris'], 'exact')).toBe(true);
  });

  it('agrees with others that say the same, whatever they look like', () => {
    expect(agreementOf(['Paris', 'paris!', 'Rome'])).toBe(0.5);
    expect(agreementOf(['{"a":1,"b":{"d":2,"c":3}}', '{"b":{"c":3,"d":2},"a":1}'])).toBe(1);
    expect(agreementOf(['one'])).toBeUndefined();
    expect(agreementOf([])).toBeUndefined();
  });
});

it('numbers are others with another sign or fraction, however they are written', () => {
  for (const [said, answer, judge] of [
    ['It is -5.', '5', 'contains'],
    ['It is 3.5.', '3', 'contains'],
    ['It is 3.5.', '5', 'contains'],
    ['-5', '5', 'exact'],
    ['3.5', '3 5', 'exact'],
  ] as const)
    expect([said, isRight(said, [answer], judge)]).toEqual([said, false]);
  for (const [said, answer] of [
    ['It is -5.', '-5'],
    ['It is (\u22125)!', '-5'],
    ['It is 3.5.', '3.5'],
    ['1,234,567 people', '1234567'],
    ['on 2024-05-06.', '2024-05-06'],
    ['- 5 apples', '5 apples'],
    ['see item 5.', '5'],
  ] as const)
    expect([said, isRight(said, [answer], 'contains')]).toEqual([said, true]);
});

it('an answer of signs alone is found in no words', () => {
  expect(isRight('Well, yes.', ['...'], 'contains')).toBe(false);
});
