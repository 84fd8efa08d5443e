import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import type { Matrix } from '../../ports/mat-mul.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { startsOf } from './attention.js';
import type { Dense, LayerWeights, Norm } from './encoder-weights.js';
import { holdLayer, type LayerFactors } from './layer.js';
import { slopesOf, type Batch, type Student } from './student.js';

const [HIDDEN, INNER, HEADS, RANK, LABELS] = [8, 12, 2, 2, 3];
const random = seededRandom(7);
const draw = (length: number, size = 1): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, () => size * (2 * random() - 1));
const matrix = (rows: number, columns: number, size?: number): Matrix => ({
  rows,
  columns,
  data: draw(rows * columns, size),
});
const matMul = createPlainMatMul();

function tinyLayer(): LayerWeights {
  const dense = (rows: number, columns: number): Dense => ({ weight: matrix(rows, columns), bias: draw(columns) });
  const norm = (): Norm => ({ weight: draw(HIDDEN).map((each) => 1 + each / 2), bias: draw(HIDDEN), epsilon: 1e-12 });
  return {
    queryKeyValue: dense(HIDDEN, 3 * HIDDEN),
    output: dense(HIDDEN, HIDDEN),
    attentionNorm: norm(),
    up: dense(HIDDEN, INNER),
    down: dense(INNER, HIDDEN),
    outputNorm: norm(),
  };
}

function tinyFactors(): LayerFactors {
  const queryKeyValue = { a: matrix(3 * RANK, HIDDEN), b: matrix(3 * HIDDEN, 3 * RANK) };
  queryKeyValue.b.data.forEach((_, at, data) => {
    const [row, column] = [Math.floor(at / (3 * RANK)), at % (3 * RANK)];
    if (Math.floor(row / HIDDEN) !== Math.floor(column / RANK)) data[at] = 0;
  });
  return { queryKeyValue, output: { a: matrix(RANK, HIDDEN), b: matrix(HIDDEN, RANK) } };
}

const texts = [{ length: 3 }, { length: 1 }, { length: 5 }];
const batch: Batch = {
  states: matrix(9, HIDDEN),
  starts: startsOf(texts),
  truth: [0, 2, 1],
  weights: [1, 0.5, 0.25],
};
const student: Student = {
  layers: [tinyLayer(), tinyLayer()].map((weights) => holdLayer(weights, HEADS, matMul)),
  factors: [tinyFactors(), tinyFactors()],
  head: { labels: ['a', 'b', 'c'], weight: draw(LABELS * HIDDEN, 3), bias: draw(LABELS) },
};
const learningRates = { factors: 1e-3, head: 1e-2 };

/** The same draws at each call, so that the same inputs are left out. */
const measure = () =>
  slopesOf(student, batch, { matMul, dropout: { share: 0.3, random: seededRandom(3) }, learningRates });

describe('the gradients of a student', () => {
  it('are those that the loss shows when each parameter is moved', async () => {
    const { slopes } = await measure();
    expect(slopes).toHaveLength(2 + 2 * 4);
    let worst = 0;
    for (const { values, gradient } of slopes) {
      for (const at of values.keys()) {
        if (gradient[at] === 0 && values[at] === 0) continue;
        const [value, step] = [values[at]!, 1e-2];
        const lossAt = async (moved: number): Promise<number> => {
          values[at] = moved;
          return (await measure()).loss;
        };
        const rise = async (by: number): Promise<number> => (await lossAt(value + by)) - (await lossAt(value - by));
        // Of the fourth order: a step that float32 can tell apart is a long one.
        const slope = (8 * (await rise(step)) - (await rise(2 * step))) / (12 * step);
        values[at] = value;
        worst = Math.max(worst, Math.abs(slope - gradient[at]!));
      }
    }
    const largest = Math.max(...slopes.flatMap(({ gradient }) => [...gradient].map(Math.abs)));
    expect(worst / largest).toBeLessThan(1e-4);
  });
});
