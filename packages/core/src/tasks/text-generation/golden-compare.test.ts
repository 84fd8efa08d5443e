import { describe, expect, it } from 'vitest';
import { compareGoldenText, soundLogits } from './golden-compare.js';

/** Logits of a distribution over four tokens. */
const logitsOf = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, (p) => Math.log(p) + 3);

const golden = [
  [
    [0, Math.log(0.7)],
    [1, Math.log(0.29)],
    [2, Math.log(0.009)],
  ],
] as const;

describe('what is expected after golden texts', () => {
  it('is compared as a distribution, whatever is added to all logits', () => {
    expect(compareGoldenText(golden, [logitsOf(0.7, 0.29, 0.009, 0.001)])).toBeUndefined();
  });

  it('may differ a little, as near-ties flip between kernels', () => {
    expect(compareGoldenText(golden, [logitsOf(0.45, 0.5, 0.04, 0.01)])).toBeUndefined();
  });

  it('may differ in tokens that hardly ever come', () => {
    expect(compareGoldenText(golden, [logitsOf(0.7, 0.29, 1e-9, 0.01)])).toBeUndefined();
  });

  it('is wrong where a likely token is far off', () => {
    expect(compareGoldenText(golden, [logitsOf(0.2, 0.7, 0.09, 0.01)])).toContain('token 0 has a log-probability of');
  });

  it('is wrong where another one is likelier than a clear one', () => {
    const clear = [
      [
        [0, Math.log(0.95)],
        [1, Math.log(0.009)],
      ],
    ] as const;
    expect(compareGoldenText(clear, [logitsOf(0.4, 0.1, 0.5, 0.0001)])).toContain('token 2 is likelier than 0');
  });

  it.each([[Number.NaN], [Infinity]])('is wrong where logits are %d', (logit) => {
    expect(compareGoldenText(golden, [Float32Array.of(logit, 0, 0, 0)])).toContain('no numbers');
    expect(soundLogits([Float32Array.of(logit, 0, 0, 0)])).toContain('no numbers');
  });
});

it('is at least not the same after unlike texts, where there is no golden data', () => {
  const [a, b] = [logitsOf(0.9, 0.05, 0.03, 0.02), logitsOf(0.05, 0.9, 0.03, 0.02)];
  expect(soundLogits([a, b, a])).toBeUndefined();
  expect(soundLogits([a, a, a])).toContain('alike');
});
