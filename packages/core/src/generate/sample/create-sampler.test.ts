import { describe, expect, it } from 'vitest';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { createSampler } from './create-sampler.js';
import type { SamplerSettings } from './sampler.js';

const WIDTH = 300;
const settings = (changes: Partial<SamplerSettings> = {}): SamplerSettings => ({ ...DEFAULT_GENERATION, ...changes });
const draw = (random: () => number, spread = 6): Float32Array =>
  Float32Array.from({ length: WIDTH }, () => (random() + random() + random() - 1.5) * spread);
const maskOf = (tokens: readonly number[]): Int32Array => {
  const mask = new Int32Array((WIDTH + 31) >> 5);
  for (const token of tokens) mask[token >> 5]! |= 1 << (token & 31);
  return mask;
};
const argmax = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));
const logSoftmax = (logits: ArrayLike<number>): number[] => {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const logSum = largest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - largest), 0));
  return values.map((x) => x - logSum);
};

/** Probabilities by the book: everything sorted, nothing left out. */
function reference(
  logits: Float32Array,
  { repetitionPenalty, logitBias, temperature, topK, topP }: SamplerSettings,
  seen: readonly number[],
  allowed: readonly number[] | undefined,
): Map<number, number> {
  const changed = Array.from(logits, (x, token) => {
    const penalised = seen.includes(token) ? (x > 0 ? x / repetitionPenalty : x * repetitionPenalty) : x;
    return penalised + (logitBias[token] ?? 0);
  });
  const order = [...(allowed ?? changed.keys())].toSorted((a, b) => changed[b]! - changed[a]! || a - b);
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const largest = changed[kept[0]!]!;
  const weights = kept.map((token) => Math.exp((changed[token]! - largest) / temperature));
  const whole = weights.reduce((sum, x) => sum + x, 0);
  let sum = 0;
  let count = 0;
  while (count < kept.length && (count === 0 || sum < topP * whole)) sum += weights[count++]!;
  return new Map(kept.slice(0, count).map((token, i) => [token, weights[i]! / sum]));
}

describe('a sampler', () => {
  it('takes the likeliest token without a temperature, and says its log-probability', () => {
    const random = seededRandom(1);
    const sampler = createSampler(settings(), WIDTH, random);
    for (let round = 0; round < 50; round++) {
      const logits = draw(random, 20);
      const best = argmax(logits);
      const expected = logSoftmax(logits)[best]!;
      const { token, logProb, top } = sampler.next(logits, undefined);
      expect(token).toBe(best);
      expect(logProb).toBeCloseTo(expected, 3);
      expect(top).toEqual([]);
    }
  });

  it('draws as often as a sampler by the book would, whatever is asked for', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 30; round++) {
      const logits = draw(random);
      const seen = round % 3 === 0 ? [argmax(logits), 5, 9] : [];
      const allowed =
        round % 4 === 0 ? Array.from({ length: WIDTH }, (_, i) => i).filter(() => random() < 0.3) : undefined;
      const asked = settings({
        temperature: 0.3 + random() * 1.5,
        topK: round % 2 === 0 ? 0 : 1 + Math.floor(random() * 60),
        topP: round % 5 === 0 ? 1 : random(),
        repetitionPenalty: 1.3,
        logitBias: round % 3 === 1 ? { 7: 4, 8: -100 } : {},
      });
      const expected = reference(logits, asked, seen, allowed);
      const sampler = createSampler(asked, WIDTH, random);
      for (const token of seen) sampler.saw(token);
      const counts = new Map<number, number>();
      const draws = 120;
      for (let i = 0; i < draws; i++) {
        const { token } = sampler.next(logits.slice(), allowed && maskOf(allowed));
        counts.set(token, (counts.get(token) ?? 0) + 1);
      }
      for (const [token, count] of counts) {
        const p = expected.get(token);
        expect(p, `token ${token} was left out`).toBeDefined();
        expect(Math.abs(count / draws - p!)).toBeLessThan(5 * Math.sqrt(p! / draws) + 0.01);
      }
    }
  });

  it('finds the same token by a draw as the cumulative sum does', () => {
    const random = seededRandom(3);
    const logits = draw(random);
    const sampler = createSampler(settings({ temperature: 1 }), WIDTH, () => 0.5);
    let sum = 0;
    const expected = logSoftmax(logits).findIndex((logProb) => (sum += Math.exp(logProb)) > 0.5);
    expect(sampler.next(logits, undefined).token).toBe(expected);
  });

  it('gives the same tokens for the same seed, and others for another', () => {
    const logits = draw(seededRandom(4), 2);
    const tokens = (seed: number): number[] => {
      const sampler = createSampler(settings({ temperature: 1, topP: 0.95 }), WIDTH, seededRandom(seed));
      return Array.from({ length: 20 }, () => sampler.next(logits.slice(), undefined).token);
    };
    expect(tokens(7)).toEqual(tokens(7));
    expect(tokens(8)).not.toEqual(tokens(7));
  });

  it('is greedy when nearly nothing of the probability is left, or one token', () => {
    const random = seededRandom(5);
    for (const changes of [{ topP: 1e-9 }, { topK: 1 }, { temperature: 1e-6 }]) {
      const sampler = createSampler(settings({ temperature: 1.5, ...changes }), WIDTH, random);
      for (let round = 0; round < 20; round++) {
        const logits = draw(random);
        expect(sampler.next(logits.slice(), undefined).token).toBe(argmax(logits));
      }
    }
  });

  it('takes the only token that a mask leaves, also one far below the others', () => {
    const random = seededRandom(6);
    for (const temperature of [0, 1]) {
      const sampler = createSampler(settings({ temperature }), WIDTH, random);
      for (const only of [0, 31, 32, 63, 200, WIDTH - 1]) {
        const logits = draw(random);
        logits[only] = -50;
        const { token, logProb } = sampler.next(logits, maskOf([only]));
        expect(token).toBe(only);
        expect(logProb).toBeLessThan(-40);
      }
    }
  });

  it('takes one that the mask allows also where the model says that none of them can come', () => {
    for (const changes of [{ temperature: 1 }, { temperature: 1, topP: 0.5 }, { temperature: 1, topK: 3 }]) {
      const logits = draw(seededRandom(13)).fill(-Infinity, 40, 80);
      const { token } = createSampler(settings(changes), WIDTH, () => 0.99).next(logits, maskOf([50, 60]));
      expect([50, 60]).toContain(token);
    }
  });

  it('says so when a mask leaves none', () => {
    const sampler = createSampler(settings(), WIDTH, seededRandom(7));
    expect(() => sampler.next(draw(seededRandom(8)), maskOf([]))).toThrow('leaves no token');
  });

  it('tells the likeliest tokens of the model itself, whatever is changed for the draw', () => {
    const logits = draw(seededRandom(9));
    const expected = logSoftmax(logits);
    const order = [...expected.keys()].toSorted((a, b) => expected[b]! - expected[a]!).slice(0, 5);
    const sampler = createSampler(
      settings({ topLogProbs: 5, logitBias: { [order[0]!]: -100 } }),
      WIDTH,
      seededRandom(1),
    );
    const { token, logProb, top } = sampler.next(logits, undefined);
    expect(top.map((one) => one.token)).toEqual(order);
    for (const one of top) expect(one.logProb).toBeCloseTo(expected[one.token]!, 3);
    expect(token).toBe(order[1]);
    expect(logProb).toBeCloseTo(expected[token]!, 3);
  });

  it('never takes what lies behind the vocabulary, and ignores a bias for it', () => {
    const logits = draw(seededRandom(10));
    logits[WIDTH - 1] = 100;
    const asked = settings({ logitBias: { [WIDTH + 5]: 100, x: 3, '-1': 3, 1.5: 3 } });
    expect(createSampler(asked, WIDTH - 1, seededRandom(1)).next(logits, undefined).token).not.toBe(WIDTH - 1);
  });

  it('draws the same whether all tokens are made less likely or none', () => {
    const logits = draw(seededRandom(11));
    const all = Object.fromEntries(Array.from({ length: WIDTH }, (_, token) => [token, -100]));
    const plain = createSampler(settings(), WIDTH, seededRandom(1)).next(logits.slice(), undefined);
    const { token, logProb } = createSampler(settings({ logitBias: all }), WIDTH, seededRandom(1)).next(
      logits,
      undefined,
    );
    expect(token).toBe(plain.token);
    expect(logProb).toBeCloseTo(plain.logProb, 5);
  });

  it('refuses logits that are not numbers', () => {
    for (const value of [NaN, Infinity]) {
      const logits = draw(seededRandom(12));
      logits[100] = value;
      expect(() => createSampler(settings(), WIDTH, seededRandom(1)).next(logits, undefined)).toThrow('not a number');
    }
  });
});
