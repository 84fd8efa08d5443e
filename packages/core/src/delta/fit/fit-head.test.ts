import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { seededRandom } from '../../evaluate/seeded-random.js';
import type { Matrix } from '../../ports/mat-mul.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import type { HeadJob } from './fitter.js';
import { fitHead } from './fit-head.js';
import type { Head } from './head.js';

const FEATURES = 12;
const matMul = createPlainMatMul();

/** Rows around one unit direction a label; the directions are the features of its name. */
export function clusters({
  labels,
  each,
  spread,
  seed = 1,
}: {
  labels: number;
  each: number;
  spread: number;
  seed?: number;
}) {
  const random = seededRandom(7);
  const centres = Array.from({ length: labels }, () => unit(Array.from({ length: FEATURES }, () => random() - 0.5)));
  const draw = seededRandom(seed);
  const truth = Int32Array.from({ length: labels * each }, (_, row) => row % labels);
  const rows = Array.from(truth, (label) => unit(centres[label]!.map((value) => value + spread * (draw() - 0.5))));
  return {
    features: matrixOf(rows),
    truth,
    labelFeatures: matrixOf(centres),
    labels: centres.map((_, i) => `label ${i}`),
  };
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const matrixOf = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: FEATURES,
  data: Float32Array.from(rows.flat()),
});

function accuracy(
  { weight, bias, labels }: Head,
  { features, truth }: { features: Matrix; truth: Int32Array },
): number {
  let right = 0;
  for (const [row, wanted] of truth.entries()) {
    const logits = labels.map((_, label) => {
      let sum = bias[label]!;
      for (let j = 0; j < FEATURES; j++) sum += weight[label * FEATURES + j]! * features.data[row * FEATURES + j]!;
      return sum;
    });
    if (logits.indexOf(Math.max(...logits)) === wanted) right++;
  }
  return right / truth.length;
}

const job = (data: ReturnType<typeof clusters>, more: Partial<HeadJob> = {}): HeadJob => ({
  labels: data.labels,
  truth: data.truth,
  features: data.features,
  seed: 1,
  crossValidate: false,
  ...more,
});

describe('fitHead', () => {
  it('tells clusters apart that it has not seen rows of', async () => {
    const [train, test] = [
      clusters({ labels: 4, each: 20, spread: 0.5 }),
      clusters({ labels: 4, each: 20, spread: 0.5, seed: 2 }),
    ];
    const { head, method } = await fitHead(job(train), { matMul });
    expect(method).toBe('logistic');
    expect(accuracy(head, test)).toBeGreaterThan(0.95);
  });
});
