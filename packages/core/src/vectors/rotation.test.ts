import { expect, it } from 'vitest';
import { randomVectors } from '../testing/vector-index-contract.js';
import { dotProduct } from './dot-product.js';
import { Rotation } from './rotation.js';

it.each([1, 100, 128, 384, 1000])('keeps the angles between vectors of %i values', (dimensions) => {
  const rotation = new Rotation(dimensions);
  expect(rotation.values % 128).toBe(0);
  const vectors = randomVectors(8, dimensions);
  const turned = vectors.map((vector) => rotation.turn(vector).slice());
  // A transform of 128 values makes them the root of 128 times as long.
  for (const [i, vector] of vectors.entries())
    expect(dotProduct(turned[i]!, 0, turned[0]!) / 128).toBeCloseTo(dotProduct(vector, 0, vectors[0]!), 5);
});

it('is the same everywhere, and whatever was turned before', () => {
  const [first, second] = randomVectors(2, 384);
  const rotation = new Rotation(384);
  const turned = rotation.turn(first!).slice();
  rotation.turn(second!);
  expect(rotation.turn(first!)).toEqual(turned);
  expect(new Rotation(384).turn(first!)).toEqual(turned);
});

it('spreads what lies in one value over the signs of its block', () => {
  const one = new Float32Array(384);
  one[200] = 1;
  const turned = new Rotation(384).turn(one);
  expect([...turned].map(Math.abs)).toEqual(Array.from({ length: 384 }, (_, i) => (i % 3 === 1 ? 1 : 0)));
});
