import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSoftmax } from '../tasks/text-classification/label-scores.js';
import { confidenceFeatures, logitOf, probabilityRight, sigmoid } from './confidence.js';

describe('confidenceFeatures', () => {
  it('is the logit of the best label and its lead over the second', () => {
    const { logit, margin } = confidenceFeatures(Float64Array.of(Math.log(0.2), Math.log(0.7), Math.log(0.1)));
    expect(logit).toBeCloseTo(Math.log(0.7 / 0.3), 12);
    expect(margin).toBeCloseTo(Math.log(0.7 / 0.2), 12);
  });

  it('stays within its bounds for any distribution, one label and certainty included', () => {
    const logits = fc.array(fc.double({ min: -1e5, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(logits, (values) => {
        const { logit, margin } = confidenceFeatures(logSoftmax(values));
        expect(Math.abs(logit)).toBeLessThanOrEqual(8);
        expect(margin).toBeGreaterThanOrEqual(0);
        expect(margin).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe('probabilityRight', () => {
  it('is the largest probability itself under the plain map', () => {
    const features = confidenceFeatures(Float64Array.of(Math.log(0.9), Math.log(0.1)));
    expect(probabilityRight(features, { intercept: 0, logit: 1, margin: 0 })).toBeCloseTo(0.9, 12);
  });
});

describe('logitOf', () => {
  it('undoes sigmoid and stays finite at 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -15, max: 15, noNaN: true }),
        (x) => void expect(logitOf(sigmoid(x))).toBeCloseTo(x, 6),
      ),
    );
    expect([logitOf(0), logitOf(1)].every(Number.isFinite)).toBe(true);
  });
});
