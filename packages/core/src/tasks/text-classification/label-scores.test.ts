import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, fuseLogProbs, logSoftmax, reorder } from './label-scores.js';

const logit = fc.double({ min: -1e4, max: 1e4, noNaN: true });
const total = (logProbs: Float64Array): number => logProbs.reduce((sum, value) => sum + Math.exp(value), 0);
const rounded = (values: Iterable<number>): number[] => Array.from(values, (value) => Math.round(value * 1e9) / 1e9);

describe('logSoftmax', () => {
  it('is a distribution, for logits of any size', () => {
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 20 }), (logits) => {
        expect(total(logSoftmax(logits))).toBeCloseTo(1, 9);
        expect(logits[argmax(logSoftmax(logits))]).toBeCloseTo(Math.max(...logits), 9);
      }),
    );
  });

  it('does not care for a shift, and leaves its input alone', () => {
    const logits = Float32Array.of(1, 2, 3);
    expect(rounded(logSoftmax([1001, 1002, 1003]))).toEqual(rounded(logSoftmax(logits)));
    expect(logits).toEqual(Float32Array.of(1, 2, 3));
  });
});

describe('fuseLogProbs', () => {
  const a = logSoftmax([3, 1, 0]);
  const b = logSoftmax([0, 1, 4]);

  it('gives back one tier of weight 1', () => {
    expect(rounded(fuseLogProbs([a], [1]))).toEqual(rounded(a));
  });

  it('is temperature scaling for one tier of another weight', () => {
    expect(rounded(fuseLogProbs([a], [0.5]))).toEqual(rounded(logSoftmax([1.5, 0.5, 0])));
  });

  it('is the weighted geometric mean of several', () => {
    const expected = logSoftmax([0.3 * 3, 1, 0.7 * 4]);
    expect(rounded(fuseLogProbs([a, b], [0.3, 0.7]))).toEqual(rounded(expected));
    expect(rounded(fuseLogProbs([b, a], [0.7, 0.3]))).toEqual(rounded(expected));
  });

  it('ignores a tier of weight 0 and leaves what it is given alone', () => {
    const before = a.slice();
    expect(rounded(fuseLogProbs([a, b], [1, 0]))).toEqual(rounded(a));
    expect(a).toEqual(before);
  });
});

describe('reorder', () => {
  it('puts scores into the order of the other labels', () => {
    expect(reorder(Float64Array.of(1, 2, 3), ['a', 'b', 'c'], ['c', 'a', 'b'])).toEqual(Float64Array.of(3, 1, 2));
  });

  it('keeps scores of equal lists as they are', () => {
    const scores = Float64Array.of(1, 2);
    expect(reorder(scores, ['a', 'b'], ['a', 'b'])).toBe(scores);
  });

  it('has no answer for other labels', () => {
    expect(reorder(Float64Array.of(1, 2), ['a', 'b'], ['a', 'c'])).toBeUndefined();
    expect(reorder(Float64Array.of(1, 2), ['a', 'b'], ['a', 'b', 'c'])).toBeUndefined();
    expect(reorder(Float64Array.of(1), ['a'], ['toString'])).toBeUndefined();
  });
});
