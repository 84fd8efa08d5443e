import { expect, it } from 'vitest';
import { pacedBudget } from './pace.js';

it('spreads what is left over the requests that are left', () => {
  expect(pacedBudget(2, 100, 0, 0)).toBe(2);
  expect(pacedBudget(2, 100, 50, 120)).toBeCloseTo(80 / 50, 12);
  expect(pacedBudget(2, 100, 50, 80)).toBeCloseTo(120 / 50, 12);
});

it('neither gives more than three times the budget nor less than nothing', () => {
  expect(pacedBudget(2, 100, 99, 0)).toBe(6);
  expect(pacedBudget(2, 100, 50, 300)).toBe(0);
});

it('has nothing to give when the requests of the horizon have been', () => {
  expect(pacedBudget(2, 100, 100, 0)).toBe(0);
  expect(pacedBudget(2, 100, 101, 0)).toBe(0);
});
