import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAllowance } from './allowance.js';

it('never allows more extra calls than its share and its burst, in whatever order calls come', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (isExtra) => {
      const allowance = createAllowance({ share: 0.1, burst: 3 });
      let asked = 0;
      let extra = 0;
      for (const each of isExtra) {
        if (!each) {
          allowance.earn();
          asked++;
        } else if (allowance.take()) extra++;
        expect(extra).toBeLessThanOrEqual(3 + 0.1 * asked);
      }
    }),
  );
});

it('allows again what was earned', () => {
  const allowance = createAllowance({ share: 0.5, burst: 1 });
  expect(allowance.take()).toBe(true);
  expect(allowance.take()).toBe(false);
  allowance.earn();
  allowance.earn();
  expect(allowance.take()).toBe(true);
});
