import { expect, it } from 'vitest';
import { minimise } from './lbfgs.js';

/** Half the sum of curvature x (point - minimum)^2. */
function bowl(curvatures: readonly number[], minimum: readonly number[]) {
  let evaluations = 0;
  const evaluate = async (point: Float32Array<ArrayBuffer>) => {
    evaluations++;
    const off = Array.from(point, (value, i) => value - minimum[i]!);
    const value = off.reduce((sum, each, i) => sum + (curvatures[i]! * each * each) / 2, 0);
    return { value, gradient: Float32Array.from(off, (each, i) => curvatures[i]! * each) };
  };
  return { evaluate, evaluations: () => evaluations };
}

it('finds the minimum of a bowl that is a thousand times steeper one way than another', async () => {
  const minimum = [3, -2, 0.5];
  const { evaluate, evaluations } = bowl([1000, 1, 30], minimum);
  const point = await minimise({ start: new Float32Array(3), evaluate, tolerance: 1e-9, limit: 60 });
  for (const [i, value] of point.entries()) expect(value).toBeCloseTo(minimum[i]!, 2);
  expect(evaluations()).toBeLessThan(40);
});

it('stays where there is no slope, and within its limit where there is no end', async () => {
  const flat = bowl([1], [2]);
  const start = Float32Array.of(2);
  expect(await minimise({ start, evaluate: flat.evaluate, tolerance: 1e-6, limit: 60 })).toEqual(start);
  expect(flat.evaluations()).toBe(1);
  let evaluations = 0;
  const endless = async (point: Float32Array<ArrayBuffer>) => {
    evaluations++;
    return { value: -point[0]!, gradient: Float32Array.of(-1) };
  };
  await minimise({ start: Float32Array.of(0), evaluate: endless, tolerance: 0, limit: 9 });
  expect(evaluations).toBe(9);
});
