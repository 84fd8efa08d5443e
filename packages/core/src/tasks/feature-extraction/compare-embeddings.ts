import type { Dtype } from '../../catalog/fields.js';
import { incomparable, NO_NUMBERS, type Comparison } from '../comparison.js';

/**
 * Least cosine to the float embedding, on average and for any one text. Rounding differs from text to text, so the
 * average tells a wrong kernel from an honest one earlier than the worst text does (docs/self-test.md).
 */
const LEAST_COSINE: Readonly<Record<Dtype, { readonly mean: number; readonly any: number }>> = {
  fp32: { mean: 0.9995, any: 0.999 },
  fp16: { mean: 0.999, any: 0.998 },
  int8: { mean: 0.987, any: 0.975 },
  q4: { mean: 0.998, any: 0.995 },
  q4f16: { mean: 0.997, any: 0.994 },
};

/** A unit vector's length may be off by this share: half precision is off by a thousandth. */
const LENGTH_TOLERANCE = 0.01;

/** Embeddings against unit embeddings: by angle, and by length, which an angle does not see. */
export function compareEmbeddings(
  answers: readonly Float32Array[],
  expected: readonly Float32Array[],
  dtype: Dtype,
): Comparison {
  const different = incomparable(answers, expected);
  if (different) return different;
  const least = LEAST_COSINE[dtype];
  const cosines = answers.map((vector, i) => cosine(vector, expected[i]!));
  const meanCosine = cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
  const lowestCosine = Math.min(...cosines);
  const lengthError = Math.max(...answers.map((vector) => Math.abs(length(vector) - 1)));
  const numbers = { meanCosine, lowestCosine, lengthError };
  if (!(lengthError <= LENGTH_TOLERANCE)) return { fault: notUnit(lengthError), numbers };
  if (!(meanCosine >= least.mean)) {
    return { fault: `its mean cosine is ${inShort(meanCosine)}; ${dtype} should reach ${least.mean}`, numbers };
  }
  if (!(lowestCosine >= least.any)) {
    return { fault: `its lowest cosine is ${inShort(lowestCosine)}; ${dtype} should reach ${least.any}`, numbers };
  }
  return { fault: undefined, numbers };
}

/** What is wrong with an embedding whatever the text was. */
export function embeddingFault(vector: Float32Array): string | undefined {
  if (vector.length === 0) return 'it gives nothing';
  if (!vector.every(Number.isFinite)) return NO_NUMBERS;
  const error = Math.abs(length(vector) - 1);
  return error <= LENGTH_TOLERANCE ? undefined : notUnit(error);
}

const notUnit = (error: number): string => `the length of its embeddings is off by ${inShort(error)}; it should be 1`;
const inShort = (value: number): string => value.toFixed(4);

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i]! * b[i]!;
  return product / (length(a) * length(b));
}

function length(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
