import { expect, it } from 'vitest';
import { shareOut } from './share-out.js';

it('gives out as many as there are', () => {
  expect(shareOut(10, [1, 1, 1])).toEqual([4, 3, 3]);
  expect(shareOut(1, [1, 5, 2])).toEqual([0, 1, 0]);
  expect(shareOut(0, [3])).toEqual([0]);
  expect(shareOut(7, [0, 2])).toEqual([0, 7]);
});
