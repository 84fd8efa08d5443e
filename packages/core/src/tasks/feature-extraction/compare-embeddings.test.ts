import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../catalog/fields.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { compareEmbeddings, embeddingFault } from './compare-embeddings.js';

const WIDTH = 64;
const TEXTS = 8;
const DTYPES: readonly Dtype[] = ['fp32', 'fp16', 'int8', 'q4', 'q4f16'];
/** Honest rounding of each dtype, as noise relative to the vector; the cosine it leaves is about 1 - noise^2 / 2. */
const ROUNDING: Readonly<Record<Dtype, number>> = { fp32: 0.005, fp16: 0.02, int8: 0.13, q4: 0.04, q4f16: 0.05 };

const unit = (values: readonly number[]): Float32Array => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
};

/** Unit vectors with nothing in common but chance, drawn from a seed: a filter over plain arrays rarely finds one. */
const drawn = (min: number, max: number) =>
  fc.integer({ min, max }).map((seed) => {
    const random = seededRandom(seed);
    const vector = (): Float32Array => unit(Array.from({ length: WIDTH }, () => random() - 0.5));
    return Array.from({ length: TEXTS }, vector);
  });
const embeddings = drawn(1, 2 ** 31 - 1);
/** Never of the same seed: noise along the vector would not turn it. */
const noises = drawn(2 ** 31, 2 ** 32 - 1);
const dtype = fc.constantFrom(...DTYPES);

/** The vector turned by noise of this relative size, at unit length again. */
const turned = (vector: Float32Array, noise: Float32Array, size: number): Float32Array => {
  const along = vector.reduce((sum, value, i) => sum + value * noise[i]!, 0);
  const across = unit([...noise].map((value, i) => value - along * vector[i]!));
  return unit([...vector].map((value, i) => value + size * across[i]!));
};

describe('compareEmbeddings', () => {
  it('passes what is equal', () => {
    fc.assert(
      fc.property(embeddings, dtype, (expected, type) => {
        const { fault, numbers } = compareEmbeddings(expected, expected, type);
        expect(fault).toBeUndefined();
        expect(numbers['lowestCosine']).toBeCloseTo(1, 5);
      }),
    );
  });

  it('passes the noise of honest rounding', () => {
    fc.assert(
      fc.property(embeddings, noises, dtype, (expected, noise, type) => {
        const answers = expected.map((vector, i) => turned(vector, noise[i]!, ROUNDING[type]));
        expect(compareEmbeddings(answers, expected, type).fault).toBeUndefined();
      }),
    );
  });

  it('fails noise that is as large as a fifth of the vector, for every dtype', () => {
    fc.assert(
      fc.property(embeddings, noises, dtype, (expected, noise, type) => {
        const answers = expected.map((vector, i) => turned(vector, noise[i]!, 0.2));
        expect(compareEmbeddings(answers, expected, type).fault).toContain('cosine');
      }),
    );
  });

  it('fails permuted values', () => {
    fc.assert(
      fc.property(embeddings, dtype, (expected, type) => {
        const answers = expected.map((vector) => Float32Array.from(vector, (_, i) => vector[(i + 1) % WIDTH]!));
        expect(compareEmbeddings(answers, expected, type).fault).toContain('cosine');
      }),
    );
  });

  it('fails answers in another order, as of texts that were mixed up', () => {
    fc.assert(
      fc.property(embeddings, dtype, (expected, type) => {
        const answers = expected.map((_, i) => expected[(i + 1) % TEXTS]!);
        expect(compareEmbeddings(answers, expected, type).fault).toContain('cosine');
      }),
    );
  });

  it('fails scaled values, which keep their direction', () => {
    const factor = fc.oneof(
      fc.double({ min: 0.01, max: 0.95, noNaN: true }),
      fc.double({ min: 1.05, max: 99, noNaN: true }),
    );
    fc.assert(
      fc.property(embeddings, dtype, factor, (expected, type, by) => {
        const answers = expected.map((vector) => vector.map((value) => value * by));
        expect(compareEmbeddings(answers, expected, type).fault).toContain('length');
      }),
    );
  });

  it('fails one wrong text among right ones', () => {
    fc.assert(
      fc.property(embeddings, dtype, fc.nat(TEXTS - 1), (expected, type, at) => {
        const answers = expected.map((vector, i) => (i === at ? vector.map((value) => -value) : vector));
        expect(compareEmbeddings(answers, expected, type).fault).toContain('cosine');
      }),
    );
  });

  it.each([
    ['NaN', Float32Array.of(Number.NaN, 1), 'no numbers'],
    ['infinity', Float32Array.of(Infinity, 1), 'no numbers'],
    ['zeros', Float32Array.of(0, 0), 'length'],
    ['another width', Float32Array.of(1), '1 values where 2 belong'],
    ['nothing', Float32Array.of(), '0 values where 2 belong'],
  ])('fails %s', (_, values, reason) => {
    expect(compareEmbeddings([values], [Float32Array.of(0, 1)], 'int8').fault).toContain(reason);
  });
});

describe('embeddingFault', () => {
  it.each([
    ['a unit vector', Float32Array.of(0.6, 0.8), undefined],
    ['a longer vector', Float32Array.of(0.6, 1.8), 'length'],
    ['NaN', Float32Array.of(Number.NaN, 1), 'no numbers'],
    ['nothing', Float32Array.of(), 'nothing'],
  ])('takes %s for what it is', (_, values, fault) => {
    if (fault === undefined) expect(embeddingFault(values)).toBeUndefined();
    else expect(embeddingFault(values)).toContain(fault);
  });
});
