import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDistributions, logitsFault } from './compare-distributions.js';

const LABELS = 6;
const logits = fc
  .array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: LABELS, maxLength: LABELS })
  .map((values) => Float32Array.from(values));
const several = fc.array(logits, { minLength: 3, maxLength: 6 });

describe('compareDistributions', () => {
  it('passes the same distributions, whatever constant is added to the logits', () => {
    fc.assert(
      fc.property(several, fc.double({ min: -9, max: 9, noNaN: true }), (expected, shift) => {
        const answers = expected.map((values) => values.map((value) => value + shift));
        const { fault, numbers } = compareDistributions(answers, expected);
        expect(fault).toBeUndefined();
        expect(numbers['largestVariation']).toBeCloseTo(0, 4);
      }),
    );
  });

  it('passes logits that rounding moved by a twentieth', () => {
    const noise = fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), { minLength: LABELS, maxLength: LABELS });
    fc.assert(
      fc.property(several, noise, (expected, moved) => {
        const answers = expected.map((values) => values.map((value, i) => value + moved[i]!));
        expect(compareDistributions(answers, expected).fault).toBeUndefined();
      }),
    );
  });

  it('lets labels that are equally likely change places', () => {
    const [is, should] = [Float32Array.of(1, 1.01, -5), Float32Array.of(1.01, 1, -5)];
    expect(compareDistributions([is], [should])).toMatchObject({ fault: undefined, numbers: { otherLabels: 0 } });
  });

  it('fails another label where the right one stands clear', () => {
    const [is, should] = [Float32Array.of(0, 3, 0), Float32Array.of(3, 0, 0)];
    const { fault, numbers } = compareDistributions([is, should], [should, should]);
    expect(fault).toContain('another label for 1 of 2');
    expect(numbers['otherLabels']).toBe(1);
  });

  it('fails probabilities that are far off, with the right label', () => {
    expect(compareDistributions([Float32Array.of(9, 0)], [Float32Array.of(0.5, 0)]).fault).toContain('on average');
    const right = Float32Array.of(2, 0);
    const mostly = Array.from({ length: 7 }, () => right);
    const { fault } = compareDistributions([...mostly, Float32Array.of(0.1, 0)], [...mostly, right]);
    expect(fault).toContain('for one text');
  });

  it('fails what cannot be compared', () => {
    expect(compareDistributions([Float32Array.of(1)], [Float32Array.of(1, 2)]).fault).toContain('1 values where 2');
    expect(compareDistributions([Float32Array.of(1, Number.NaN)], [Float32Array.of(1, 2)]).fault).toContain(
      'no numbers',
    );
  });
});

it('takes logits that are no numbers, or none at all, for faults', () => {
  expect(logitsFault(Float32Array.of(1, -2))).toBeUndefined();
  expect(logitsFault(Float32Array.of(1, Infinity))).toContain('no numbers');
  expect(logitsFault(Float32Array.of())).toContain('nothing');
});
