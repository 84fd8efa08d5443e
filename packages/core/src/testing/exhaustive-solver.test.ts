import { describe, expect, it } from 'vitest';
import { exhaustiveSolver } from './exhaustive-solver.js';
import { maximise } from './simplex.js';

describe('the simplex method of tests', () => {
  it('goes to the best corner', () => {
    const found = maximise(Float64Array.of(3, 5), [
      { values: Float64Array.of(1, 0), limit: 4 },
      { values: Float64Array.of(0, 2), limit: 12 },
      { values: Float64Array.of(3, 2), limit: 18 },
    ]);
    expect([...found!].map((value) => Math.round(value))).toEqual([2, 6]);
  });

  it('begins inside, where 0 is not', () => {
    const rows = [
      { values: Float64Array.of(-1, -1), limit: -1 },
      { values: Float64Array.of(1, 1), limit: 1 },
    ];
    expect([...maximise(Float64Array.of(1, 2), rows)!]).toEqual([0, 1]);
    expect(maximise(Float64Array.of(1), [{ values: Float64Array.of(1), limit: -1 }])).toBeUndefined();
    expect(() => maximise(Float64Array.of(1), [])).toThrow('no maximum');
  });
});

it('refuses more whole variables than can be tried', async () => {
  const many = new Float64Array(13).fill(1);
  const program = { objective: many, upper: many, whole: Uint8Array.from(many), rows: [] };
  await expect(exhaustiveSolver.solve(program)).rejects.toThrow(RangeError);
});
