import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { tinyEncoder } from '../../testing/tiny-encoder.js';
import { initialFactors } from './factors.js';
import { holdLayer } from './layer.js';
import { freeze } from './states.js';
import type { LayerFactors } from './layer.js';
import { lessonsOf, Trainer } from './train-student.js';

const matMul = createPlainMatMul();
const encoder = tinyEncoder(seededRandom(5));
const layers = [0, 1].map((index) => holdLayer(encoder.layer(index), encoder.heads, matMul));
const draw = seededRandom(11);
const texts = Array.from({ length: 16 }, () => Array.from({ length: 3 }, () => Math.floor(16 * draw())));

/** The loss of labels that depend on the first word alone, after 60 steps. */
async function lossAfterTraining(factors: readonly LayerFactors[]): Promise<number> {
  const head = { labels: ['even', 'odd'], weight: new Float32Array(16), bias: new Float32Array(2) };
  const trainer = new Trainer({ layers, factors, head }, { matMul, random: seededRandom(1) });
  const batch = {
    ...(await freeze(texts, { encoder, layers: [], matMul })),
    truth: texts.map(([first]) => first! % 2),
    weights: texts.map(() => 1),
  };
  let loss = Infinity;
  for (let step = 0; step < 60; step++) loss = await trainer.step(batch, 3);
  return loss;
}

describe('training a student', () => {
  it('learns with factors what a head over the frozen layers cannot tell', async () => {
    const random = seededRandom(2);
    const factors = layers.map(() => initialFactors({ rank: 4, hidden: encoder.hidden, random }));
    const none = layers.map(() => initialFactors({ rank: 0, hidden: encoder.hidden, random }));
    const [learnt, frozen] = [await lossAfterTraining(factors), await lossAfterTraining(none)];
    expect(learnt).toBeLessThan(frozen / 2);
  });

  it('goes over every row once an epoch, faster at first and slower in the end', () => {
    const rows = Array.from({ length: 200 }, (_, row) => row);
    const lessons = lessonsOf(rows, 3, seededRandom(1));
    expect(lessons.map((lesson) => lesson.rows.length)).toEqual([64, 64, 64, 8, 64, 64, 64, 8, 64, 64, 64, 8]);
    expect(
      lessons
        .slice(4, 8)
        .flatMap((lesson) => lesson.rows)
        .toSorted((a, b) => a - b),
    ).toEqual(rows);
    expect(lessons[0]!.pace).toBe(1);
    expect(lessons.at(-1)!.pace).toBeCloseTo(1 / 12, 6);
  });
});
