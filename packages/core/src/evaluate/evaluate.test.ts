import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/index.js';
import { bootstrapInterval } from './bootstrap.js';
import { expectedCalibrationError } from './calibration-error.js';
import { mean, quantile } from './summary.js';

describe('mean and quantile', () => {
  it('are the arithmetic mean and the nearest rank', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect([0, 0.25, 0.5, 0.95, 1].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 1, 2, 4, 4]);
  });

  it('are NaN of nothing', () => {
    expect([mean([]), quantile([], 0.5)]).toEqual([Number.NaN, Number.NaN]);
  });

  it('leave their input alone', () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });

  it('give a value of the sample for every share', () => {
    const sample = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(sample, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) =>
        values.includes(quantile(values, share)),
      ),
    );
  });
});

describe('expectedCalibrationError', () => {
  const rows = (confidence: number, right: number, wrong: number) => [
    ...Array.from({ length: right }, () => ({ confidence, right: true })),
    ...Array.from({ length: wrong }, () => ({ confidence, right: false })),
  ];

  it('is nothing when confidence is accuracy', () => {
    expect(expectedCalibrationError([...rows(0.75, 3, 1), ...rows(0.2, 1, 4), ...rows(1, 2, 0)])).toBeCloseTo(0, 12);
    expect(expectedCalibrationError([])).toBe(0);
  });

  it('is the distance between them, weighted by rows', () => {
    expect(expectedCalibrationError(rows(1, 0, 10))).toBe(1);
    expect(expectedCalibrationError(rows(0.2, 10, 0))).toBeCloseTo(0.8, 12);
    expect(expectedCalibrationError([...rows(0.9, 5, 5), ...rows(0.3, 3, 7)])).toBeCloseTo(0.2, 12);
  });

  it('does not let errors in opposite directions within a bin add up', () => {
    expect(expectedCalibrationError([...rows(0.5, 10, 0), ...rows(0.5, 0, 10)])).toBe(0);
  });
});

describe('bootstrapInterval', () => {
  const rows = Array.from({ length: 400 }, (_, i) => Number(i % 4 === 0));

  it('holds the statistic, and is about as wide as theory says', () => {
    const [low, high] = bootstrapInterval(rows, mean, seededRandom(3));
    expect(low).toBeLessThan(0.25);
    expect(high).toBeGreaterThan(0.25);
    expect(high - low).toBeCloseTo(2 * 1.96 * Math.sqrt((0.25 * 0.75) / 400), 1);
  });

  it('repeats with the same randomness', () => {
    expect(bootstrapInterval(rows, mean, seededRandom(3))).toEqual(bootstrapInterval(rows, mean, seededRandom(3)));
  });

  it('leaves out draws the statistic has no value for', () => {
    const accuracyOfAccepted = (drawn: readonly number[]): number => mean(drawn.filter((value) => value === 1));
    expect(bootstrapInterval([0, 0, 1], accuracyOfAccepted, seededRandom(1))).toEqual([1, 1]);
    expect(bootstrapInterval([0], accuracyOfAccepted, seededRandom(1))).toEqual([Number.NaN, Number.NaN]);
  });
});
