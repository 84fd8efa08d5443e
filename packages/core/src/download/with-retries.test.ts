import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './with-retries.js';

const delay = (fruitless: number, random: number, retryAfter: string | null = null): number | undefined =>
  retryDelayMs({ error: { retryAfter }, fruitless, random: () => random, wallMs: Date.parse('2030-01-01T00:00:00Z') });

describe('the pause before the next try', () => {
  it('doubles, jittered by half, up to 30 seconds', () => {
    expect([1, 2, 3, 4].map((tries) => delay(tries, 0.999999)!.toFixed(0))).toEqual(['500', '1000', '2000', '4000']);
    expect([1, 2, 3, 4].map((tries) => delay(tries, 0))).toEqual([250, 500, 1000, 2000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
        expect(delay(tries, random)).toBeGreaterThanOrEqual(250);
        expect(delay(tries, random)).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  it.each([
    ['in seconds', '20'],
    ['as a date', 'Tue, 01 Jan 2030 00:00:20 GMT'],
  ])('is what the server asks for %s, and never less', (_, retryAfter) => {
    expect(delay(1, 0, retryAfter)).toBe(20_000);
    expect(delay(1, 1, retryAfter)).toBe(25_000);
  });

  it('is none when the server asks for more than five minutes', () => {
    expect(delay(1, 0, '301')).toBeUndefined();
  });

  it('does not trust what it cannot read, or what has passed', () => {
    for (const retryAfter of ['soon', '', 'Tue, 01 Jan 2019 00:00:00 GMT', '-5'])
      expect(delay(1, 0, retryAfter)).toBe(250);
  });
});
