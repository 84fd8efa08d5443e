import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { redactionPatternsSchema } from './own-patterns.js';
import { patternCost } from './pattern-cost.js';
import { createRedactor } from './redact.js';

const accepts = (pattern: string, flags?: string): boolean =>
  redactionPatternsSchema.safeParse([{ name: 'own', pattern, ...(flags !== undefined && { flags }) }]).success;

describe('redactionPatternsSchema', () => {
  it.each([
    ['EMP-\\d{6}'],
    ['[A-Z]+-\\d+'],
    ['\\bP-\\d+\\b'],
    ['\\p{Lu}\\p{Ll}+ \\p{Lu}\\p{Ll}+'],
    ['(?:Herr|Frau) \\p{Lu}\\p{Ll}+'],
    ['社員番号[:：]?\\d{4,8}'],
    ['(?<=Bearer )[\\w.-]{16,64}'],
    ['\\d{3}-\\d{2}-\\d{4}'],
    ['(?<prefix>[A-Z]{2})[0-9]{2,4}(?!\\d)'],
    ['[[a-z]--[aeiou]]{4}', 'v'],
    ['x\\u{1F600}\\x41'],
    ['\\w+ \\d+'],
    ['\\w{1,8}\\s?\\d{1,8}'],
    ['\\b(?:Osaka|Leipzig) plant\\b', 'i'],
    ['secret', 'iu'],
    ['(?:\\d\\d-)+'],
  ])('takes %s', (pattern, flags?: string) => expect(accepts(pattern, flags)).toBe(true));

  it.each([
    ['(a+)+'],
    ['(a+)+b'],
    ['(?:a*)*b'],
    ['(a|aa)+b'],
    ['(a|b|ab)*c'],
    ['(\\d+,?)*x'],
    ['([a-z]+)*@'],
    ['(?:(?:a{1,8}){1,8}){1,8}b'],
    ['\\w+\\w+\\w+x'],
    ['.*.*x'],
    ['\\w+\\w+x'],
    ['\\w+\\s?\\d+'],
    ['(.*a){8}'],
    ['(?:a?){64}a{64}'],
    ['(?<=(?:a+)+)b'],
    ['(x)\\1'],
    ['(?<n>x)\\k<n>'],
    ['a*'],
    ['\\b'],
    ['(?=a)'],
    ['a|'],
    ['(?:a|b{0})'],
    ['^$'],
    ['('],
    ['[a'],
    ['a{200}'],
    ['[\\q{ab|a}]', 'v'],
    ['a', 'g'],
    ['a', 'y'],
    ['a', 'uv'],
    ['a', 'ii'],
    [''],
    ['a'.repeat(600)],
  ])('refuses %s', (pattern, flags?: string) => expect(accepts(pattern, flags)).toBe(false));

  it('refuses names that are taken, used twice or no names', () => {
    const named = (...names: string[]) => names.map((name) => ({ name, pattern: 'a' }));
    for (const names of [['email'], ['a', 'a'], ['A'], ['a_b'], ['a-'], [''], ['a'.repeat(40)]]) {
      expect(redactionPatternsSchema.safeParse(named(...names)).success).toBe(false);
    }
    const many = Array.from({ length: 65 }, (_, index) => `n${index}`);
    expect(redactionPatternsSchema.safeParse(named(...many)).success).toBe(false);
    expect(redactionPatternsSchema.safeParse(named(...many.slice(1))).success).toBe(true);
  });

  it('says which pattern is wrong and why', () => {
    const make = () => createRedactor({ patterns: [{ name: 'own', pattern: '(a+)+' }] });
    expect(make).toThrow(InvalidDataError);
    expect(make).toThrow(/wrong at "0\.pattern": it could take very long/);
  });
});

describe('patternCost', () => {
  it.each([
    ['abc', 1, 3],
    ['a?b', 1, 1],
    ['a?a', 2, 1],
    ['a{2,5}a', 4, 3],
    ['(?:a|b)c', 2, 2],
    ['(?:a|b){2}', 4, 2],
    ['(?:a|b){0,2}', 7, 0],
    ['[A-Z]+-', 1, 2],
    ['[^\\]-]{1,4}-', 1, 2],
    ['[A\\]-]{1,4}-', 4, 2],
    ['\\p{L}{1,4}x', 4, 2],
    ['\\p{L}{1,4}\\.', 1, 2],
    ['(a+)+', Infinity, 1],
  ])('of %s is %d ways and %d characters', (pattern, ways, shortest) => {
    expect(patternCost(pattern, 'u')).toEqual({ ways, shortest });
  });
});

describe('own patterns', () => {
  it.each([
    ['[A-Z]+[A-Z]{1,8}x', 'A'],
    ['\\d+\\d{0,7}x', '1'],
    ['(?:a|b|c|d){1,4}[a-d]x', 'abcd'],
    ['(?<=.{1,64})a{1,60}x', 'a'],
    ['\\b[a-z]{1,64}\\b[a-z]{0,30}!', 'a'],
  ])('%s is quick on the worst text', (pattern, unit) => {
    const { redact } = createRedactor({ patterns: [{ name: 'own', pattern }] });
    // Time of the processor: about half a second here.
    const before = process.cpuUsage();
    redact(unit.repeat(65_536 / unit.length));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });

  it('sees what surrounds a value wherever in the text it stands', () => {
    const { redact } = createRedactor({
      patterns: [
        { name: 'whole', pattern: '\\bP\\d{3}\\b' },
        { name: 'first', pattern: '^Q\\d' },
        { name: 'emoji', pattern: '😀{2}' },
      ],
    });
    for (let offset = 0; offset < 300; offset += 1) {
      const filler = 'x '.repeat(offset);
      expect(redact(`${filler}P123 P4567 xP890 Q1`).counts).toEqual({ whole: 1 });
      expect(redact(`${filler}😀😀`).text).toBe(`${filler}[EMOJI_1]`);
    }
    expect(redact('Q1 Q2').text).toBe('[FIRST_1] Q2');
  });

  it('covers a long match as a whole', () => {
    const { redact } = createRedactor({ patterns: [{ name: 'own', pattern: 'A[0-9]+' }] });
    expect(redact(`A${'1'.repeat(120)}.`).text).toBe('[OWN_1].');
  });
});
