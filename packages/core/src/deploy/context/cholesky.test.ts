import { expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { addOuter, dot, factorise, multiplyPacked, packedLength, solveFactored } from './cholesky.js';

it('a system of sums of outer products is solved', () => {
  const [n, random] = [23, seededRandom(1)];
  const matrix = new Float64Array(packedLength(n));
  for (let row = 0; row < 60; row++)
    addOuter(
      matrix,
      Float64Array.from({ length: n }, () => random() - 0.5),
      2,
    );
  const wanted = Float64Array.from({ length: n }, () => random() - 0.5);
  const vector = new Float64Array(n);
  multiplyPacked(matrix, wanted, vector);
  expect(factorise(matrix, n)).toBe(true);
  solveFactored(matrix, vector);
  for (const [i, value] of wanted.entries()) expect(vector[i]).toBeCloseTo(value, 9);
});

it('what is not positive definite has no factor', () => {
  expect(factorise(Float64Array.of(1, 2, 1), 2)).toBe(false);
  expect(factorise(Float64Array.of(NaN), 1)).toBe(false);
});

it('stretches of any length are multiplied', () => {
  for (const length of [0, 1, 3, 4, 9]) {
    const values = Float64Array.from({ length: 12 }, (_, i) => i);
    let sum = 0;
    for (let k = 0; k < length; k++) sum += (k + 1) * (k + 2);
    expect(dot(values, 1, values, 2, length)).toBe(sum);
  }
});
