import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endWithin, plainParts, segmentsOf } from './segments.js';

const partsOf = (text: string, granularity: 'word' | 'sentence'): string[] =>
  Array.from(segmentsOf(text, granularity), ({ start, end }) => text.slice(start, end));

describe('segments', () => {
  it('are those of a segmenter that sees the whole text, across windows', () => {
    const text = 'Mr X has two cards. "Why?" he asks. お金がない。語です。 '.repeat(80);
    for (const granularity of ['word', 'sentence'] as const) {
      const whole = Array.from(new Intl.Segmenter('und', { granularity }).segment(text), ({ segment }) => segment);
      expect(partsOf(text, granularity)).toEqual(whole);
    }
  });

  it('are the whole text, in order and through no character, with a segmenter and without', () => {
    const text = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('. ', '\n', '😀'.repeat(700), 'x'.repeat(2500))),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('word', 'sentence'), (pieces, granularity) => {
        const whole = pieces.join('');
        expect(partsOf(whole, granularity).join('')).toBe(whole);
        expect(partsOf(whole, granularity).some((part) => /\p{Surrogate}/u.test(part))).toBe(false);
        expect(
          plainParts(whole, granularity)
            .map(({ start, end }) => whole.slice(start, end))
            .join(''),
        ).toBe(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('are told by their signs where the platform knows no better', () => {
    const text = 'Is it 5? Yes.\nお金がない。No';
    const plain = (granularity: 'word' | 'sentence') =>
      plainParts(text, granularity).map(({ start, end }) => text.slice(start, end));
    expect(plain('sentence')).toEqual(['Is it 5? ', 'Yes.\n', 'お金がない。', 'No']);
    expect(plainParts(text, 'word').filter(({ isWordLike }) => isWordLike)).toHaveLength(6);
  });

  it('end before a character that stands across the end', () => {
    expect(endWithin('a😀b', 2)).toBe(1);
    expect([1, 3, 4, 9].map((end) => endWithin('a😀b', end))).toEqual([1, 3, 4, 9]);
  });
});
