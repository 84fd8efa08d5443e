import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { keepBack } from './keep-back.js';

describe('rows that are kept back', () => {
  it('are a fifth of all, and of no label every row', () => {
    const truth = Int32Array.from({ length: 100 }, (_, row) => (row < 90 ? row % 3 : row));
    const { training, judging } = keepBack(truth, seededRandom(1));
    expect([...training, ...judging].toSorted((a, b) => a - b)).toEqual([...truth.keys()]);
    expect(judging.length).toBeGreaterThanOrEqual(17);
    expect(judging.every((row) => training.some((other) => truth[other] === truth[row]))).toBe(true);
  });
});
