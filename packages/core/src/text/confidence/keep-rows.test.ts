import { expect, it } from 'vitest';
import { MAX_CALIBRATION_ROWS } from '../../catalog/text-calibration.js';
import { keepRows } from './keep-rows.js';

it('rows are kept in steps that are no surer than they were', () => {
  const rows = [{ isShort: false, right: true }, { isShort: true, right: true }, undefined];
  const held = { whole: [0.99999, 1, undefined], early: [0.12345, 0.5, undefined] };
  expect(keepRows(rows, held)).toEqual({ whole: [9999, 10_000, -1], early: [1234, -1, -1], right: [1, 1, 0] });
});

it('rows are thinned evenly where there are too many, and alike for all tiers', () => {
  const numbers = Array.from({ length: 2 * MAX_CALIBRATION_ROWS + 1 }, (_, row) => row);
  const rows = numbers.map((row) => ({ isShort: false, right: row % 3 === 0 }));
  const confidences = numbers.map((row) => (row % 100) / 100);
  const { whole, right } = keepRows(rows, { whole: confidences, early: confidences });
  expect(whole.length).toBeLessThanOrEqual(MAX_CALIBRATION_ROWS);
  expect(whole.slice(0, 3)).toEqual([0, 300, 600]);
  expect(right.slice(0, 3)).toEqual([1, 1, 1]);
});
