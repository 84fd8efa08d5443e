import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sigmoid } from '../judge/confidence.js';
import { fuseLogProbs, logSoftmax } from '../tasks/text-classification/label-scores.js';
import { seededRandom } from '../testing/index.js';
import { normal } from '../testing/synthetic-rows.js';
import { fitFusionWeights } from './fusion-weights.js';
import { fitLogistic } from './logistic.js';
import { outOfScopeThreshold } from './out-of-scope-threshold.js';
import { solve } from './solve.js';

describe('solve', () => {
  it('gives back the solution of a system that can be solved', () => {
    const value = fc.double({ min: -5, max: 5, noNaN: true });
    const system = fc.integer({ min: 1, max: 5 }).chain((n) => {
      const row = fc.array(value, { minLength: n, maxLength: n });
      return fc.tuple(fc.array(row, { minLength: n, maxLength: n }), row);
    });
    fc.assert(
      fc.property(system, ([noise, solution]) => {
        const matrix = noise.map((row, i) => row.map((each, j) => each + (i === j ? 40 : 0)));
        const vector = matrix.map((row) => row.reduce((sum, each, j) => sum + each * solution[j]!, 0));
        solve(matrix, vector).forEach((each, i) => expect(each).toBeCloseTo(solution[i]!, 8));
      }),
    );
  });

  it('swaps rows where the pivot is 0', () => {
    expect(
      solve(
        [
          [0, 1],
          [2, 0],
        ],
        [3, 8],
      ),
    ).toEqual([4, 3]);
  });
});

describe('fitLogistic', () => {
  it('recovers the weights that made the data', () => {
    const random = seededRandom(5);
    const features = Array.from({ length: 6000 }, () => [normal(random), normal(random)]);
    const right = features.map(([a, b]) => random() < sigmoid(0.5 + 1.5 * a! - 0.8 * b!));
    const [intercept, first, second] = fitLogistic(features, right);
    expect(Math.abs(intercept! - 0.5)).toBeLessThan(0.12);
    expect(Math.abs(first! - 1.5)).toBeLessThan(0.12);
    expect(Math.abs(second! + 0.8)).toBeLessThan(0.12);
  });

  it('ends at finite weights when the data is separable or all of one kind', () => {
    const features = [-2, -1, 1, 2].map((x) => [x]);
    for (const right of [
      [false, false, true, true],
      [true, true, true, true],
      [false, false, false, false],
    ]) {
      const weights = fitLogistic(features, right);
      expect(weights.every((weight) => Number.isFinite(weight) && Math.abs(weight) < 100)).toBe(true);
    }
    expect(fitLogistic(features, [false, false, true, true])[1]).toBeGreaterThan(0.5);
  });

  it('predicts the share of right rows where the features say nothing', () => {
    const [intercept, slope] = fitLogistic(
      Array.from({ length: 400 }, () => [0]),
      Array.from({ length: 400 }, (_, i) => i % 4 > 0),
    );
    expect(sigmoid(intercept!)).toBeCloseTo(0.75, 2);
    expect(slope).toBe(0);
  });
});

describe('fitFusionWeights', () => {
  /** Truth is drawn from the fused distribution itself, so the right weights are known. */
  function drawn(weights: readonly number[], rows: number, seed: number) {
    const random = seededRandom(seed);
    const logProbs = weights.map(() =>
      Array.from({ length: rows }, () => logSoftmax(Array.from({ length: 6 }, () => 2 * normal(random)))),
    );
    const truth = Array.from({ length: rows }, (_, row) => {
      const fused = fuseLogProbs(
        logProbs.map((tier) => tier[row]!),
        weights,
      );
      let left = random();
      const index = fused.findIndex((value) => (left -= Math.exp(value)) <= 0);
      return Math.max(0, index);
    });
    return { logProbs, truth };
  }

  it.each([[[0.6, 1.4]], [[1, 0.2]], [[0.5, 0.5, 1]], [[1.3]]])('recovers %j', (weights) => {
    const { logProbs, truth } = drawn(weights, 3000, 4);
    fitFusionWeights(logProbs, truth).forEach((weight, tier) => {
      expect(Math.abs(weight - weights[tier]!)).toBeLessThan(0.1);
    });
  });

  it('gives nothing, and never less, to a tier that says the opposite', () => {
    const { logProbs, truth } = drawn([1], 800, 6);
    const opposite = logProbs[0]!.map((values) => logSoftmax(values.map((value) => -value / 2)));
    const random = seededRandom(8);
    const noisy = opposite.map((values) => logSoftmax(Array.from(values, (value) => value + normal(random))));
    const [first, second] = fitFusionWeights([logProbs[0]!, noisy], truth);
    expect(second).toBeGreaterThanOrEqual(0);
    expect(second).toBeLessThan(0.1);
    expect(first).toBeGreaterThan(0.7);
  });

  it('stays finite when a tier is always right', () => {
    const truth = Array.from({ length: 100 }, (_, row) => row % 3);
    const perfect = truth.map((right) => logSoftmax([0, 1, 2].map((label) => (label === right ? 5 : 0))));
    const weights = fitFusionWeights([perfect, perfect], truth);
    expect(weights.every((weight) => Number.isFinite(weight) && weight >= 0)).toBe(true);
  });
});

describe('outOfScopeThreshold', () => {
  it('lies between what it can tell apart', () => {
    const scores = [0.1, 0.2, 0.3, 0.8, 0.9];
    expect(outOfScopeThreshold(scores, [false, false, false, true, true])).toBe(0.8);
  });

  it('counts a row that scores the same as a false alarm', () => {
    expect(outOfScopeThreshold([0.5, 0.5, 0.5, 0.9], [false, false, true, true])).toBe(0.9);
  });

  it('does not depend on how many of each were collected', () => {
    const inside = [0.1, 0.2, 0.3, 0.6];
    const outside = [0.5, 0.7, 0.9];
    const of = (times: number) => {
      const many = Array.from({ length: times }, () => outside).flat();
      return outOfScopeThreshold([...inside, ...many], [...inside.map(() => false), ...many.map(() => true)]);
    };
    expect(of(50)).toBe(of(1));
  });

  it('raises a false alarm on one row in a hundred where there is nothing to learn from', () => {
    const scores = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const threshold = outOfScopeThreshold(
      scores,
      scores.map(() => false),
    );
    expect(scores.filter((score) => score >= threshold)).toHaveLength(11);
  });

  it('calls nothing out of scope that is less sure to be than all it saw, and copes with nothing at all', () => {
    expect(outOfScopeThreshold([], [])).toBe(1);
    expect(outOfScopeThreshold([0.4], [true])).toBe(0.4);
  });
});
