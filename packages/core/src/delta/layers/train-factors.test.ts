import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { MatMul } from '../../ports/mat-mul.js';
import type { FactorJob } from '../fit/fitter.js';
import { productShape } from '../fit/product-shape.js';
import { trainFactors } from './train-factors.js';

const weightsOf = (path: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../../../../models/encoders/${path}`, import.meta.url)));
const small = weightsOf('small/model_int8.onnx');
/** Zeros of the right shape: nothing here depends on values. */
const matMul: MatMul = {
  async multiply(first, second, transposed = 'neither') {
    const { rows, columns } = productShape(first, second, transposed);
    return { rows, columns, data: new Float32Array(rows * columns) };
  },
  hold: ({ rows, columns }) => ({ rows, columns, letGo: () => undefined }),
  close: async () => undefined,
};
const tokenIds = [[101], [102]];

const job = (budgetMs: number): FactorJob => ({
  labels: ['a', 'b'],
  truth: Int32Array.of(0, 1),
  seed: 1,
  model: {} as FactorJob['model'],
  texts: ['a', 'b'],
  frozen: { labels: ['a', 'b'], weight: new Float32Array(2 * 384), bias: new Float32Array(2) },
  budgetMs,
});

describe('training factors', () => {
  it('is not tried on a model without layers', async () => {
    const options = { weights: weightsOf('nano/model_q4.onnx'), tokenIds, matMul, nowMs: () => 0 };
    expect(await trainFactors(job(1e6), options)).toBeUndefined();
  });

  it('is not tried where the states of all texts would take too much memory', async () => {
    const long = Array.from({ length: 88_000 / 64 }, () => Array.from({ length: 64 }, () => 101));
    expect(await trainFactors(job(1e6), { weights: small, tokenIds: long, matMul, nowMs: () => 0 })).toBeUndefined();
  });

  it('is not tried where a label has no example', async () => {
    const none = { ...job(1e6), labels: ['a', 'b', 'c'] };
    expect(await trainFactors(none, { weights: small, tokenIds, matMul, nowMs: () => 0 })).toBeUndefined();
  });

  it('is given up as soon as the first texts show that the time is too short', async () => {
    let nowMs = 0;
    const options = { weights: small, tokenIds, matMul, nowMs: () => (nowMs += 1000) };
    expect(await trainFactors(job(10_000), options)).toBeUndefined();
    expect(nowMs).toBeLessThan(16_000);
  });
});
