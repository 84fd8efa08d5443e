import { expect, it } from 'vitest';
import { bothMilliseconds } from './reasons.js';

it.each([
  [2, 1.5, ['2.00 ms', '1.50 ms']],
  [1.1838, 1.1792, ['1.184 ms', '1.179 ms']],
  [120.4, 119.8, ['120.40 ms', '119.80 ms']],
  [120, 9, ['120 ms', '9.00 ms']],
  [1.18, 1.18000001, ['1.18 ms', '1.18 ms']],
])('writes %d and %d ms with as many digits as tell them apart', (a, b, written) => {
  expect(bothMilliseconds(a, b)).toEqual(written);
});
