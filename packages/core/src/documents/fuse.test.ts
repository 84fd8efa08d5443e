import { describe, expect, it } from 'vitest';
import { createVectorIndex } from '../vectors/create-vector-index.js';
import { createBm25 } from './bm25/create-bm25.js';
import { COSINE_WEIGHT, findBest } from './fuse.js';

const TEXTS = ['freeze the lost card', 'block my stolen card', 'weather in Oslo', 'loan'];
const VECTORS = [
  [0.7, 0.7, 0],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

function filled() {
  const bm25 = createBm25();
  const vectors = createVectorIndex(3);
  for (const [id, text] of TEXTS.entries()) bm25.add(id, text);
  for (const [id, vector] of VECTORS.entries()) vectors.add(id, Float32Array.from(vector));
  return { bm25, vectors };
}

describe('search by words and meaning', () => {
  it('weighs both, and says what each says', () => {
    const [first, second] = findBest({ text: 'lost', vector: Float32Array.of(1, 0, 0), count: 2 }, filled());
    expect([first!.id, second!.id]).toEqual([1, 0]);
    expect(first).toMatchObject({ bm25: 0, score: COSINE_WEIGHT });
    expect(second!.score).toBeCloseTo(COSINE_WEIGHT * second!.cosine! + (1 - COSINE_WEIGHT) * second!.bm25, 12);
    expect(second!.bm25).toBeGreaterThan(0);
  });

  it('lets words decide between passages of one meaning', () => {
    const { bm25, vectors } = filled();
    vectors.add(0, Float32Array.of(1, 0, 0));
    const found = findBest({ text: 'lost', vector: Float32Array.of(1, 0, 0), count: 2 }, { bm25, vectors });
    expect(found.map(({ id }) => id)).toEqual([0, 1]);
  });

  it('knows the cosine of what words alone found', () => {
    const { bm25, vectors } = filled();
    for (let id = 4; id < 300; id++) {
      bm25.add(id, 'another');
      vectors.add(id, Float32Array.of(1, 0.01, 0));
    }
    const found = findBest({ text: 'Oslo', vector: Float32Array.of(1, 0.2, 0), count: 400 }, { bm25, vectors });
    expect(found.find(({ id }) => id === 2)!.cosine).toBeCloseTo(0.196, 3);
    const few = findBest({ text: 'Oslo', vector: Float32Array.of(1, 0.2, 0), count: 100 }, { bm25, vectors });
    expect(few).toHaveLength(100);
  });

  it('goes by words alone without a vector, and says so', () => {
    const found = findBest({ text: 'card lost', vector: undefined, count: 5 }, filled());
    expect(found.map(({ id, cosine }) => [id, cosine])).toEqual([
      [0, undefined],
      [1, undefined],
    ]);
    expect(found[0]!.score).toBe(found[0]!.bm25);
  });
});
