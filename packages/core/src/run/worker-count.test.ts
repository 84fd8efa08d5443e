import { expect, it } from 'vitest';
import { workerCount } from './worker-count.js';

it.each([
  [4, 0, 4],
  [4, 0.5, 4],
  [4, 0.8, 3],
  [2, 1, 1],
  [1, 0, 1],
  [1, 1, 1],
])('lets of %d cores with a calling thread that is busy %d of the time %d work', (usableCores, callerLoad, workers) => {
  expect(workerCount({ usableCores, callerLoad })).toBe(workers);
});
