import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { costOf } from './cost-of.js';
import type { RewardRecord } from './reward-record.js';
import { rewardOf, type Judged } from './rewards-of.js';
import { routedEnd } from './routed-outcome.js';

const audited = { feedback: 'drift', auditShare: 0.1 } as const;
const asksAll = { feedback: 'all', auditShare: 0 } as const;
const look = (changes: Partial<RewardRecord> = {}): RewardRecord => ({
  requestId: 'r',
  source: 'audit',
  atWallMs: 0,
  model: 'm',
  reward: 1,
  probability: 0.1,
  ...changes,
});
const judged = (changes: Partial<Judged> = {}): Judged => ({
  end: 'answered',
  feedback: undefined,
  records: [],
  ...changes,
});

describe('what a request says of its model', () => {
  it('is nothing until somebody has looked, and then what was found, by 1 / P(looked)', () => {
    expect(rewardOf(judged(), audited)).toBeUndefined();
    expect(rewardOf(judged({ records: [look()] }), audited)).toEqual({ reward: 1, weight: 10 });
    const both = [look(), look({ source: 'check', reward: 0, probability: 1 })];
    expect(rewardOf(judged({ records: both }), audited)).toEqual({ reward: 0, weight: 1 });
  });

  it('is the word of a person only where everybody is asked, and then in place of an audit', () => {
    const wrong = judged({ feedback: { right: false }, records: [look()] });
    expect(rewardOf(wrong, audited)).toEqual({ reward: 1, weight: 10 });
    expect(rewardOf(wrong, asksAll)).toEqual({ reward: 0, weight: 1 });
  });

  it('is a failure whose probability is 1; where nobody says more, an answer is worth that it came', () => {
    expect(rewardOf(judged({ end: 'failed' }), audited)).toEqual({ reward: 0, weight: 1 });
    const silent = { feedback: 'drift', auditShare: 0 } as const;
    expect(rewardOf(judged({ end: 'failed' }), silent)).toEqual({ reward: 0, weight: 1 });
    expect(rewardOf(judged(), silent)).toEqual({ reward: 1, weight: 1 });
    expect(rewardOf(judged({ end: 'elsewhere', records: [look()] }), audited)).toBeUndefined();
  });
});

describe('what a request came to', () => {
  const path = { kind: 'ladder', tiers: ['nano', 'base'] } as const;
  const outcome = { verdict: 'accept', path: 'nano+base', degraded: false, tier: 'base', error: undefined } as const;

  it('is the doing of its model where its tiers answered, or where one that failed was gone around', () => {
    expect(routedEnd(outcome, path)).toBe('answered');
    expect(routedEnd({ ...outcome, path: 'nano' }, { kind: 'tier', tier: 'base' })).toBe('elsewhere');
    expect(routedEnd({ ...outcome, path: 'nano', degraded: true }, { kind: 'tier', tier: 'base' })).toBe('failed');
    expect(routedEnd({ ...outcome, verdict: 'failed', path: '' }, path)).toBe('failed');
    expect(routedEnd({ ...outcome, verdict: 'aborted', path: '' }, path)).toBe('elsewhere');
    expect(routedEnd({ ...outcome, verdict: 'failed', path: '', tier: '' }, path)).toBe('elsewhere');
    expect(routedEnd({ ...outcome, verdict: 'failed', path: '', error: 'OVERLOADED' }, path)).toBe('elsewhere');
  });

  it('costs what was charged, the energy, and the time of the device', () => {
    const rates = { usdPerKilowattHour: 0.36, usdPerBusyHour: 3.6 };
    // 8 joules are a second of a core.
    expect(costOf({ costUsd: 0.5, energyJoules: 8 }, rates)).toBeCloseTo(0.5 + 8e-7 + 0.001, 12);
    expect(costOf({ costUsd: 0, energyJoules: 0 }, rates)).toBe(0);
  });
});

/** Means of many simulated samples of answers that are right with P = .8. */
function replications(
  seed: number,
  sample: (right: boolean, random: () => number) => readonly [number, number] | undefined,
) {
  const random = seededRandom(seed);
  const means = Array.from({ length: 1000 }, () => {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < 200; i++) {
      const found = sample(random() < 0.8, random);
      if (!found) continue;
      sum += found[0] * found[1];
      weights += found[1];
    }
    return sum / weights;
  });
  const mean = means.reduce((all, each) => all + each, 0) / means.length;
  const variance = means.reduce((all, each) => all + (each - mean) ** 2, 0) / (means.length - 1);
  return { mean, standardError: Math.sqrt(variance / means.length) };
}

describe('the mean of rewards', () => {
  it('is right where audits are drawn, also where some are drawn more often than others', () => {
    const { mean, standardError } = replications(7, (right, random) => {
      // Whoever draws may know something of the answer, as long as it says how likely the draw was.
      const probability = right ? 0.3 : 0.9;
      if (random() >= probability) return undefined;
      const found = rewardOf(judged({ records: [look({ reward: right ? 1 : 0, probability })] }), audited)!;
      return [found.reward, found.weight];
    });
    expect(Math.abs(mean - 0.8)).toBeLessThan(2 * standardError);
  });

  it('is wrong where people say what they like, which is why that is no reward unless everybody is asked', () => {
    const { mean, standardError } = replications(7, (right, random) => {
      if (random() >= (right ? 0.1 : 0.5)) return undefined;
      const found = rewardOf(judged({ feedback: { right } }), asksAll)!;
      return [found.reward, found.weight];
    });
    expect(Math.abs(mean - 0.8)).toBeGreaterThan(20 * standardError);
  });
});
