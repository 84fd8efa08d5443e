import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { drawMatrix, drawValues, tinyEncoder } from '../../testing/tiny-encoder.js';
import { startsOf } from './attention.js';
import { holdLayer, type LayerFactors } from './layer.js';
import { slopesOf, type Batch, type Student } from './student.js';

const RANK = 2;
const random = seededRandom(7);
const matMul = createPlainMatMul();
const encoder = tinyEncoder(random);
const { hidden } = encoder;

function drawFactors(): LayerFactors {
  const b = drawMatrix(3 * hidden, 3 * RANK, random);
  b.data.forEach((_, at, data) => {
    const [row, column] = [Math.floor(at / b.columns), at % b.columns];
    if (Math.floor(row / hidden) !== Math.floor(column / RANK)) data[at] = 0;
  });
  return {
    queryKeyValue: { a: drawMatrix(3 * RANK, hidden, random), b },
    output: { a: drawMatrix(RANK, hidden, random), b: drawMatrix(hidden, RANK, random) },
  };
}

const batch: Batch = {
  states: drawMatrix(9, hidden, random),
  starts: startsOf([{ length: 3 }, { length: 1 }, { length: 5 }]),
  truth: [0, 2, 1],
  weights: [1, 0.5, 0.25],
};
const student: Student = {
  layers: [0, 1].map((index) => holdLayer(encoder.layer(index), encoder.heads, matMul)),
  factors: [drawFactors(), drawFactors()],
  head: {
    labels: ['a', 'b', 'c'],
    weight: drawValues(3 * hidden, random).map((each) => 3 * each),
    bias: drawValues(3, random),
  },
};

/** The same draws at each call, so that the same inputs are left out. */
const measure = () =>
  slopesOf(student, batch, {
    matMul,
    dropout: { share: 0.3, random: seededRandom(3) },
    learningRates: { factors: 1e-3, head: 1e-2 },
  });

describe('the gradients of a student', () => {
  it('are those that the loss shows when parameters are moved, some of each factor', async () => {
    const { slopes } = await measure();
    expect(slopes).toHaveLength(2 + 2 * 4);
    let worst = 0;
    for (const { values, gradient } of slopes) {
      for (let at = 0; at < values.length; at += 5) {
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
