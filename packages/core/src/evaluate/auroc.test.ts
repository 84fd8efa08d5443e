import { expect, it } from 'vitest';
import { auroc } from './auroc.js';

const rows = (...all: readonly (readonly [number, boolean])[]) =>
  all.map(([confidence, right]) => ({ confidence, right }));

it('is how often a right answer is surer than a wrong one, ties counted half', () => {
  expect(auroc(rows([0.9, true], [0.1, false]))).toBe(1);
  expect(auroc(rows([0.1, true], [0.9, false]))).toBe(0);
  expect(auroc(rows([0.5, true], [0.5, false]))).toBe(0.5);
  expect(auroc(rows([0.9, true], [0.5, false], [0.5, true], [0.1, false]))).toBe(0.875);
  expect(auroc(rows([0.5, true]))).toBeNaN();
  expect(auroc([])).toBeNaN();
});
