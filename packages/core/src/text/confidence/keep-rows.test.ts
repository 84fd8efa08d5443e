import { expect, it } from 'vitest';
import { MAX_CALIBRATION_ROWS } from '../../catalog/text-calibration.js';
import { keepRows } from './keep-rows.js';

it('rows are kept in steps that are no surer than they were', () => {
  const rows = [{ isShort: false, right: true }, { isShort: true, right: true }, undefined];
  const held = { whole: [0.99999, 1, undefined], early: [0.12345, 0.5, undefined] };
  expect(keepRows(rows, held)).toEqual({ whole: [9999, 10_000, -1], early: [1234, -1, -1], right: [1, 1, 0] });
});

it('rows are thinned evenly where there are too many, whatever order they are in', () => {
  const numbers = Array.from({ length: 3 * MAX_CALIBRATION_ROWS }, (_, row) => row);
  for (const period of [2, 3, 5, 20]) {
    const rows = numbers.map((row) => ({ isShort: false, right: row % period === 0 }));
    const confidences = numbers.map((row) => row / numbers.length);
    const { whole, right } = keepRows(rows, { whole: confidences, early: confidences });
    expect(whole.length).toBeGreaterThan(MAX_CALIBRATION_ROWS - 10);
    expect(whole.length).toBeLessThanOrEqual(MAX_CALIBRATION_ROWS);
    expect(right.filter((each) => each === 1).length / whole.length).toBeCloseTo(1 / period, 2);
    expect(whole.reduce((sum, each) => sum + each, 0) / whole.length / 10_000).toBeCloseTo(0.5, 2);
  }
});
