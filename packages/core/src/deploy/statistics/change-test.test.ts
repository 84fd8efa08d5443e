import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { ChangeTest } from './change-test.js';

/** Samples until a change is found, or Infinity. */
function alarm(test: ChangeTest, count: number, draw: () => number): number {
  for (let i = 1; i <= count; i++) if (test.add(draw())) return i;
  return Infinity;
}

describe('a test for changes', () => {
  it.each([0.98, 0.9, 0.5])('seldom finds one where the mean stays %f', (mean) => {
    let found = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      if (alarm(new ChangeTest(0.05), 2000, () => Number(random() < mean)) < Infinity) found++;
    }
    expect(found).toBeLessThanOrEqual(5);
  });

  it.each([
    [0.9, 0.8],
    [0.8, 0.9],
  ])('finds one from %f to %f within some hundred samples', (before, after) => {
    const delays: number[] = [];
    for (let seed = 1; seed <= 21; seed++) {
      const random = seededRandom(seed);
      const test = new ChangeTest(0.05);
      alarm(test, 4000, () => Number(random() < before));
      delays.push(alarm(test, 4000, () => Number(random() < after)));
    }
    expect(delays.toSorted((a, b) => a - b)[10]).toBeLessThan(600);
  });

  it('holds for values that are neither 0 nor 1, and for such that never vary', () => {
    const random = seededRandom(1);
    expect(alarm(new ChangeTest(0.05), 5000, random)).toBe(Infinity);
    expect(alarm(new ChangeTest(0.05), 5000, () => 1)).toBe(Infinity);
    const test = new ChangeTest(0.05);
    alarm(test, 5000, () => 1);
    expect(alarm(test, 100, () => 0)).toBeLessThanOrEqual(16);
  });

  it('begins anew', () => {
    const test = new ChangeTest(0.05);
    alarm(test, 1000, () => 1);
    test.begin(0.05);
    expect(alarm(test, 1000, () => 0)).toBe(Infinity);
  });
});
