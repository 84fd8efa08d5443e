import fc from 'fast-check';
import { expect, it } from 'vitest';
import { enoughUsd } from './enough-usd.js';

it('never tells less than it takes, and hardly more', () => {
  const told = (amount: number): number => Number(enoughUsd(amount).slice(4));
  expect([enoughUsd(0), enoughUsd(1.23456), enoughUsd(1e-7)]).toEqual(['US$ 0', 'US$ 1.235', 'US$ 1e-7']);
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), fc.integer({ min: -8, max: 8 }), (some, exponent) => {
      for (const amount of [some, 10 ** exponent * (1 + Number.EPSILON)]) {
        expect(told(amount)).toBeGreaterThanOrEqual(amount);
        expect(told(amount)).toBeLessThanOrEqual(amount * 1.002);
      }
    }),
  );
});
