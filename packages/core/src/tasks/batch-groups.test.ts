import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByLength as groupBy, MAX_PADDING } from './batch-groups.js';

const groupByLength = (lengths: readonly number[]) =>
  groupBy(
    lengths.map((length) => ({ length })),
    MAX_PADDING,
  );

describe('groups of similar length', () => {
  it('hold every row once and pad none by more than a fifth of the group', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 40 }), (lengths) => {
        const groups = groupByLength(lengths);
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        for (const group of groups) {
          const tokens = group.map((index) => lengths[index]!);
          const padded = Math.max(...tokens) * tokens.length;
          expect(padded).toBeLessThanOrEqual(1.2 * tokens.reduce((a, b) => a + b, 0) + 1e-9);
        }
      }),
    );
  });

  it('are one where all are of one length', () => {
    expect(groupByLength([7, 7, 7])).toEqual([[0, 1, 2]]);
  });
});
