import { expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import type { Matrix } from '../../ports/mat-mul.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { fitLogistic } from './logistic.js';
import { bestTemperature, crossEntropySlope, rowLosses } from './softmax.js';

const random = seededRandom(5);
const drawn = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, () => 2 * random() - 1),
});
const part = { limit: 300, tick: () => undefined, end: () => undefined };
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

it('has the slope that finite differences have', () => {
  const logits = drawn(6, 4);
  const truth = Int32Array.of(0, 1, 2, 3, 0, 1);
  const weights = Float32Array.of(1, 0.5, 0.2, 1, 1, 0.7);
  const lossOf = (data: Float32Array<ArrayBuffer>): number =>
    sum(rowLosses({ logits: { ...logits, data }, truth, weights }, 1));
  const slope = { ...logits, data: logits.data.slice() };
  expect(crossEntropySlope(slope, truth, weights)).toBeCloseTo(lossOf(logits.data), 5);
  for (const at of logits.data.keys()) {
    const [above, below] = [logits.data.slice(), logits.data.slice()];
    above[at]! += 1e-2;
    below[at]! -= 1e-2;
    expect(slope.data[at]!).toBeCloseTo((lossOf(above) - lossOf(below)) / 2e-2, 3);
  }
});

it('ends where the slope of losses and the pull of the prior are even', async () => {
  const [rows, labels, width, penalty] = [30, 3, 5, 0.5];
  const features = drawn(rows, width);
  for (let row = 0; row < rows; row++) features.data[(row + 1) * width - 1] = 0.5;
  const truth = Int32Array.from({ length: rows }, (_, row) => row % labels);
  const prior = drawn(labels, width);
  const matMul = createPlainMatMul();
  const fitted = await fitLogistic({ features, truth, prior, penalty, tolerance: 1e-9, part }, matMul);
  const logits = await matMul.multiply(features, fitted, 'second');
  crossEntropySlope(logits, truth, undefined);
  const { data: slope } = await matMul.multiply(logits, features, 'first');
  for (const [at, value] of slope.entries()) {
    const pull = at % width === width - 1 ? 0 : penalty * (fitted.data[at]! - prior.data[at]!);
    expect(Math.abs(value + pull)).toBeLessThan(0.02);
  }
});

it('moves nothing that is fixed', async () => {
  const prior = drawn(2, 3);
  const fixed = Uint8Array.of(1, 1, 1, 0, 0, 1);
  const ask = { features: drawn(8, 3), truth: Int32Array.from({ length: 8 }, (_, row) => row % 2), prior, fixed };
  const { data } = await fitLogistic({ ...ask, penalty: 0.1, tolerance: 1e-6, part }, createPlainMatMul());
  const moved = Array.from(data, (value, at) => value !== prior.data[at]);
  expect(moved).toEqual([false, false, false, true, true, false]);
});

it('finds the temperature that logits were made with', () => {
  const logits = drawn(4000, 3);
  const truth = Int32Array.from({ length: 4000 }, (_, row) => {
    const odds = [...logits.data.subarray(3 * row, 3 * row + 3)].map((logit) => Math.exp(logit / 0.4));
    let left = random() * odds.reduce((total, each) => total + each, 0);
    return odds.findIndex((each) => (left -= each) < 0);
  });
  expect(bestTemperature([{ logits, truth }])).toBeCloseTo(0.4, 1);
});
