import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { tinyEncoder } from '../../testing/tiny-encoder.js';
import type { FactorJob, FitterProgress } from '../fit/fitter.js';
import { holdLayer } from './layer.js';
import { tryTraining } from './try-training.js';

const matMul = createPlainMatMul();
const encoder = tinyEncoder(seededRandom(5));
const layers = {
  frozen: [],
  trained: [0, 1].map((index) => holdLayer(encoder.layer(index), encoder.heads, matMul)),
};
const draw = seededRandom(11);
const tokenIds = Array.from({ length: 240 }, () => Array.from({ length: 4 }, () => Math.floor(16 * draw())));

const jobOf = (truthOf: (ids: readonly number[]) => number): FactorJob => ({
  labels: ['even', 'odd'],
  truth: Int32Array.from(tokenIds, truthOf),
  seed: 1,
  model: {} as FactorJob['model'],
  texts: tokenIds.map(String),
  frozen: { labels: ['even', 'odd'], weight: new Float32Array(16), bias: new Float32Array(2) },
  budgetMs: 1e6,
});
const options = () => ({ encoder, layers, rank: 4, tokenIds, matMul, nowMs: () => 0, random: seededRandom(2) });

describe('a trial of factors', () => {
  it('returns the factors that it has measured, and what they gain', async () => {
    // One word of sixteen, whose eight features do not tell odd from even.
    const texts = tokenIds.map(([first]) => [first!]);
    const told: FitterProgress[] = [];
    const job = jobOf(([first]) => first! % 2);
    const watched = { ...options(), tokenIds: texts, onProgress: (each: FitterProgress) => told.push(each) };
    const trial = await tryTraining(job, watched);
    expect(told.at(-1)!.done).toBe(told.at(-1)!.total);
    expect(trial!.accuracy).toBeGreaterThan(trial!.frozenAccuracy + 0.05);
    expect(trial!.factors).toHaveLength(2);
  });

  it('finds no gain where a head over the frozen model knows every label', async () => {
    const texts = tokenIds.map(([first]) => [first! % 2]);
    expect(
      await tryTraining(
        jobOf(([first]) => first! % 2),
        { ...options(), tokenIds: texts },
      ),
    ).toBeUndefined();
  });

  it('stops between two batches when it is told to', async () => {
    const controller = new AbortController();
    let done = 0;
    const trial = tryTraining(
      jobOf(([first]) => first! % 2),
      {
        ...options(),
        signal: controller.signal,
        onProgress: (progress) => {
          done = progress.done;
          if (done >= 900) controller.abort(new Error('enough'));
        },
      },
    );
    await expect(trial).rejects.toThrow('enough');
    expect(done).toBeLessThan(1000);
  });

  it('gives up when the device has become too slow for its plan', async () => {
    let calls = 0;
    const nowMs = (): number => (calls++ < 20 ? calls : 1e7);
    expect(
      await tryTraining(
        jobOf(([first]) => first! % 2),
        { ...options(), nowMs },
      ),
    ).toBeUndefined();
  });
});
