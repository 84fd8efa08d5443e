import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQuantileSketch } from './quantile-sketch.js';
import { quantile } from './summary.js';

const sketchOf = (values: readonly number[]) => {
  const sketch = createQuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
};

describe('a quantile sketch', () => {
  it('is within half a percent of the nearest rank', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const exact = quantile(all, share);
        expect(Math.abs(sketchOf(all).quantile(share)! - exact)).toBeLessThanOrEqual(exact * 0.005 * (1 + 1e-6));
      }),
    );
  });

  it('is exact of the smallest and the largest, of one value, and of nothing but zeros', () => {
    expect([0, 1].map((share) => sketchOf([3.3, 7.7, 5.5]).quantile(share))).toEqual([3.3, 7.7]);
    expect(sketchOf([12.34]).quantile(0.5)).toBe(12.34);
    expect(sketchOf([0, 0, 0]).quantile(0.95)).toBe(0);
    expect(sketchOf([-1]).quantile(0.95)).toBe(0);
  });

  it('says nothing of nothing', () => {
    expect(sketchOf([]).quantile(0.5)).toBeUndefined();
    expect(sketchOf([]).count).toBe(0);
  });
});
