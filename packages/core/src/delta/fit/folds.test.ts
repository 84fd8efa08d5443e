import { expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { splitRows, stratifiedFolds } from './folds.js';

it('spreads each label, and all rows, evenly', () => {
  const truth = Int32Array.from({ length: 143 }, (_, row) => Math.floor(Math.sqrt(row)));
  const fold = stratifiedFolds({ truth, folds: 5, random: seededRandom(1) });
  const sizes = [0, 1, 2, 3, 4].map((each) => splitRows(fold, each).inside.length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  for (let label = 0; label < 12; label++) {
    const counts = [0, 1, 2, 3, 4].map((each) => fold.filter((at, row) => at === each && truth[row] === label).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
});

it('draws other rows with another seed', () => {
  const truth = Int32Array.from({ length: 40 }, (_, row) => row % 2);
  const draw = (seed: number) => stratifiedFolds({ truth, folds: 4, random: seededRandom(seed) });
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
