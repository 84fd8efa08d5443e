import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import type { CreateVectorIndex, Neighbour } from '../ports/vector-index.js';
import { seededRandom } from './seeded-random.js';

/** Unit vectors that look in all directions. */
export function randomVectors(count: number, dimensions: number, seed = 1): Float32Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const vector = Float32Array.from({ length: dimensions }, () => random() + random() + random() - 1.5);
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  });
}

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** What every index keeps to. */
export function describeVectorIndexContract(name: string, create: CreateVectorIndex): void {
  describe(`${name} as an index of vectors`, () => {
    const filled = (vectors: readonly Float32Array[]) => {
      const index = create(vectors[0]!.length);
      for (const [id, vector] of vectors.entries()) index.add(id, vector);
      return index;
    };

    it('finds the nearest, best first, with its cosine', () => {
      const vectors = randomVectors(300, 24);
      const index = filled(vectors);
      for (const query of randomVectors(20, 24, 2)) {
        const cosines = vectors.map((vector, id): Neighbour => ({ id, cosine: cosine(vector, query) }));
        const expected = cosines.toSorted((a, b) => b.cosine - a.cosine).slice(0, 5);
        const found = index.search(query, 5);
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        for (const [i, each] of found.entries()) expect(each.cosine).toBeCloseTo(expected[i]!.cosine, 5);
      }
    });

    it('tells a vector itself with a cosine of 1', () => {
      const vectors = randomVectors(50, 384);
      const [found] = filled(vectors).search(vectors[7]!, 1);
      expect(found).toMatchObject({ id: 7 });
      expect(found!.cosine).toBeCloseTo(1, 5);
    });

    it('tells the cosine of one by its id as a search tells it', () => {
      const vectors = randomVectors(50, 24);
      const index = filled(vectors);
      const query = vectors[7]!.map((value, i) => (i % 3 === 0 ? value * 2 : value));
      for (const { id, cosine: found } of index.search(query, 50))
        expect(index.cosine(query, id)).toBeCloseTo(found, 5);
      index.remove(3);
      expect(index.cosine(query, 3)).toBeUndefined();
      expect(() => index.cosine(new Float32Array(24), 1)).toThrowError(InvalidDataError);
    });

    it('orders equal ones by id, whichever came first', () => {
      const [vector, other] = randomVectors(2, 16);
      const index = create(16);
      for (const id of [9, 2, 5]) index.add(id, vector!);
      index.add(1, other!);
      expect(index.search(vector!, 3).map(({ id }) => id)).toEqual([2, 5, 9]);
      expect(index.search(vector!, 2).map(({ id }) => id)).toEqual([2, 5]);
    });

    it('finds nothing where nothing is, and no more than there are', () => {
      const [vector] = randomVectors(1, 8);
      const index = create(8);
      expect(index.search(vector!, 3)).toEqual([]);
      index.add(4, vector!);
      expect(index.search(vector!, 3)).toHaveLength(1);
      for (const none of [0, -1, NaN]) expect(index.search(vector!, none)).toEqual([]);
    });

    it('replaces a vector whose id is there', () => {
      const [a, b] = randomVectors(2, 32);
      const index = create(32);
      index.add(1, a!);
      index.add(1, b!);
      expect(index.size).toBe(1);
      expect(index.search(b!, 1)[0]!.cosine).toBeCloseTo(1, 5);
    });

    it('keeps a copy: what becomes of the vector that it was given is nothing to it', () => {
      const [vector] = randomVectors(1, 32);
      const given = vector!.slice();
      const index = create(32);
      index.add(1, given);
      given.fill(NaN);
      expect(index.search(vector!, 1)[0]!.cosine).toBeCloseTo(1, 5);
    });

    it('takes a vector of any length for its direction', () => {
      const [vector] = randomVectors(1, 32);
      const index = create(32);
      index.add(
        1,
        vector!.map((value) => value * 7),
      );
      const long = vector!.map((value) => value * 0.01);
      expect(index.search(long, 1)[0]!.cosine).toBeCloseTo(1, 5);
    });

    it('refuses what is no direction in its space, and stays as it was', () => {
      const [vector] = randomVectors(1, 8);
      const index = create(8);
      index.add(1, vector!);
      const holed = (value: number) => vector!.map((each, i) => (i === 3 ? value : each));
      const refused = [new Float32Array(8), new Float32Array(7).fill(1), new Float32Array(9).fill(1), holed(NaN)];
      for (const wrong of [...refused, holed(Infinity), new Float32Array(0)]) {
        for (const use of [() => index.add(2, wrong), () => index.add(1, wrong), () => index.search(wrong, 1)]) {
          expect(use).toThrowError(InvalidDataError);
        }
      }
      expect(index.search(vector!, 5)).toMatchObject([{ id: 1 }]);
    });

    it('knows how many it holds, and says that they take memory', () => {
      const index = filled(randomVectors(40, 384));
      expect([index.size, index.dimensions]).toEqual([40, 384]);
      expect(index.bytes).toBeGreaterThanOrEqual(40 * 384);
      expect(index.remove(3)).toBe(true);
      expect(index.remove(3)).toBe(false);
      expect(index.size).toBe(39);
    });

    it('finds what a plain list would, whatever is added, replaced and removed', () => {
      const vectors = randomVectors(24, 20);
      const step = fc.record({ id: fc.nat(11), vector: fc.nat(23), adds: fc.boolean() });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.nat(23), (steps, query) => {
          const index = create(20);
          const plain = new Map<number, Float32Array>();
          for (const { id, vector, adds } of steps) {
            if (adds) {
              index.add(id, vectors[vector]!);
              plain.set(id, vectors[vector]!);
            } else expect(index.remove(id)).toBe(plain.delete(id));
          }
          const expected = [...plain].map(([id, vector]) => ({ id, cosine: cosine(vector, vectors[query]!) }));
          const found = index.search(vectors[query]!, 100);
          expect(index.size).toBe(plain.size);
          expect(found.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(
            [...plain.keys()].toSorted((a, b) => a - b),
          );
          for (const { id, cosine: told } of found) {
            expect(told).toBeCloseTo(expected.find((each) => each.id === id)!.cosine, 5);
          }
          expect(found).toEqual(found.toSorted((a, b) => b.cosine - a.cosine || a.id - b.id));
        }),
        { numRuns: 40 },
      );
    });
  });
}
