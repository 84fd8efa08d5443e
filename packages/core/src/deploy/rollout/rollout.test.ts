import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { addOutcomes, addRewards } from './add-outcomes.js';
import { advanceRollout, leaveRollout, steerRollout, waitOf } from './advance-rollout.js';
import { holdOf } from './hold.js';
import type { Rollout, RolloutOutcome, RolloutReward } from './rollout.js';
import { DEFAULT_GUARD, DEFAULT_PACE, startRollout } from './start-rollout.js';

const start = (changes: Partial<Parameters<typeof startRollout>[0]> = {}): Rollout =>
  startRollout({ id: 'r', model: 'b', instead: 'a', unit: 'request', atWallMs: 1_000, ...changes });

interface Traffic {
  readonly count: number;
  readonly seed?: number;
  readonly newShare?: number;
  /** What the new model does. */
  readonly accuracy?: number;
  readonly latency?: number;
  readonly cost?: number;
  readonly errors?: number;
  readonly labelled?: boolean;
}

function traffic({ count, seed = 1, newShare = 0.5, labelled = true, ...model }: Traffic): RolloutOutcome[] {
  const random = seededRandom(seed);
  const old = { accuracy: 0.9, latency: 1, cost: 1, errors: 0.02 };
  return Array.from({ length: count }, () => {
    const side = random() < newShare ? 'new' : 'old';
    const { accuracy, latency, cost, errors } = side === 'new' ? { ...old, ...model } : old;
    return {
      side,
      reward: labelled ? { value: random() < accuracy ? 1 : 0, weight: 1 } : undefined,
      latencyMs: latency * (10 + 90 * random()),
      costUsd: cost * 0.001 * (1 + random()),
      failed: random() < errors,
    };
  });
}

const after = (rollout: Rollout, outcomes: readonly RolloutOutcome[], atWallMs = 2_000): Rollout =>
  advanceRollout(addOutcomes(rollout, outcomes), atWallMs);

describe('a rollout', () => {
  it('goes from step to step while nothing speaks against it, and is done at the last', () => {
    let rollout = start();
    const seen: number[] = [];
    for (let seed = 0; rollout.state.kind === 'running' && seed < 400; seed++) {
      seen.push(rollout.step);
      rollout = after(rollout, traffic({ count: 50, seed, newShare: 0.5 }), 2_000 + seed);
    }
    expect(rollout.state).toEqual({ kind: 'done' });
    expect([...new Set(seen)]).toEqual([0, 1, 2]);
    expect(holdOf(rollout)).toEqual({ least: 0, most: 1 });
  });

  it.each([
    ['reward', { accuracy: 0.7 }],
    ['latency', { latency: 1.5 }],
    ['cost', { cost: 1.5 }],
    ['error', { errors: 0.15 }],
  ] as const)('is taken back when the %s becomes worse', (metric, model) => {
    const rollout = after({ ...start(), step: 1 }, traffic({ count: 5_000, ...model }), 5_000);
    expect(rollout.state).toEqual({ kind: 'rolled-back', by: metric, atWallMs: 5_000 });
    expect(holdOf(rollout)).toEqual({ least: 0, most: 0 });
    expect(addOutcomes(rollout, traffic({ count: 10 }))).toBe(rollout);
    expect(advanceRollout(rollout, 9_000)).toBe(rollout);
  });

  it('is not taken back for what is within its margins', () => {
    const guard = { ...DEFAULT_GUARD, latencyMargin: 1, costMargin: 1, rewardMargin: 0.1, errorMargin: 0.1 };
    const model = { accuracy: 0.85, latency: 1.5, cost: 1.5, errors: 0.06 };
    expect(after(start({ guard }), traffic({ count: 5_000, ...model })).state.kind).toBe('running');
  });

  it('does not look at latency and cost where they may be what they are', () => {
    const guard = { ...DEFAULT_GUARD, latencyMargin: undefined, costMargin: undefined };
    const rollout = after(start({ guard }), traffic({ count: 5_000, latency: 9, cost: 9 }));
    expect(rollout.state.kind).toBe('running');
    expect(rollout.evidence.map(({ metric }) => metric)).toEqual(['reward', 'error']);
  });

  it('sees that a model costs anything after one that costs nothing', () => {
    const free = traffic({ count: 3_000 }).map((each) => ({ ...each, costUsd: each.side === 'new' ? 1e-9 : 0 }));
    expect(after(start(), free).state).toMatchObject({ kind: 'rolled-back', by: 'cost' });
  });

  it('is not decided by one absurd bill', () => {
    const [first, ...others] = traffic({ count: 3_000 });
    const absurd = { ...first!, side: 'new', costUsd: 1e12 } as const;
    expect(after(start(), [...others, absurd]).state.kind).toBe('running');
  });

  it('gets no further without labels, and says when that takes long', () => {
    const rollout = after(start(), traffic({ count: 5_000, labelled: false }));
    expect(rollout).toMatchObject({ step: 0, outcomes: 0, state: { kind: 'running' } });
    expect(waitOf(rollout, 2_000)).toEqual({ outcomes: 100, isOverdue: false });
    expect(waitOf(rollout, 2_000 + 8 * 86_400_000).isOverdue).toBe(true);
    expect(waitOf(rollout, -1e12).isOverdue).toBe(false);
  });

  it('gets further without labels where none are asked for, and is still taken back for errors', () => {
    const pace = { ...DEFAULT_PACE, labelled: false };
    const good = after(start({ pace }), traffic({ count: 500, labelled: false }));
    expect(good.step).toBe(1);
    expect(good.evidence.map(({ metric }) => metric)).not.toContain('reward');
    expect(after(good, traffic({ count: 2_000, errors: 0.3, labelled: false })).state.kind).toBe('rolled-back');
  });

  it('takes rewards that become known later', () => {
    const outcomes = traffic({ count: 400 });
    const rewards = outcomes.flatMap(({ side, reward }) => (reward ? [{ side, ...reward }] : []));
    const bare = outcomes.map((each) => ({ ...each, reward: undefined }));
    expect(addRewards(addOutcomes(start(), bare), rewards)).toEqual(addOutcomes(start(), outcomes));
  });

  it('counts rewards as their weights say', () => {
    // Half of the answers are easy, and looked at ten times as often: unweighted, their accuracy would be most of it.
    const random = seededRandom(8);
    const rewards: RolloutReward[] = [];
    for (let i = 0; i < 40_000; i++) {
      const easy = random() < 0.5;
      const side = random() < 0.5 ? 'new' : 'old';
      const probability = easy ? 1 : 0.1;
      if (random() >= probability) continue;
      const value = random() < (easy ? 1 : 0.5) ? 1 : 0;
      rewards.push({ side, value, weight: 1 / probability });
    }
    const { seen } = addRewards(start(), rewards).evidence[0]!;
    expect(seen.old.sum / seen.old.n).toBeCloseTo(0.25, 1);
    expect(seen.new.n).toBeGreaterThan(1_500);
  });

  it('keeps its share while it is paused, goes on afterwards, and is taken back meanwhile', () => {
    const paused = steerRollout({ ...start(), step: 1 }, 'pause', 2_000);
    expect(holdOf(paused)).toEqual({ least: 0.1, most: 0.1 });
    const fine = after(paused, traffic({ count: 4_000, accuracy: 0.93 }));
    expect(fine.step).toBe(1);
    expect(advanceRollout(steerRollout(fine, 'resume', 3_000), 3_000).step).toBe(2);
    expect(after(paused, traffic({ count: 4_000, accuracy: 0.6 })).state.kind).toBe('rolled-back');
    expect(steerRollout(paused, 'roll-back', 4_000).state).toEqual({
      kind: 'rolled-back',
      by: 'person',
      atWallMs: 4_000,
    });
  });

  it('is over once one of its models is gone', () => {
    const without = (gone: string): Rollout => leaveRollout(start(), (model) => model !== gone, 5);
    expect(without('b').state).toEqual({ kind: 'rolled-back', by: 'person', atWallMs: 5 });
    expect(without('a').state).toEqual({ kind: 'done' });
    expect(without('c')).toEqual(start());
    const back = steerRollout(start(), 'roll-back', 4);
    expect(leaveRollout(back, () => false, 5)).toBe(back);
  });

  it('goes on after a crash at any point as if there had been none', () => {
    const random = seededRandom(5);
    let [whole, parts] = [start(), start()];
    for (let seed = 0; seed < 60; seed++) {
      const outcomes = traffic({ count: 1 + Math.floor(60 * random()), seed, accuracy: 0.87 });
      whole = after(whole, outcomes, seed);
      for (const outcome of outcomes) parts = addOutcomes(JSON.parse(JSON.stringify(parts)) as Rollout, [outcome]);
      parts = advanceRollout(parts, seed);
      expect(JSON.stringify(parts)).toBe(JSON.stringify(whole));
    }
  });

  it('stays at its alarm, though what comes after speaks for it', () => {
    const alarmed = addOutcomes(start(), traffic({ count: 4_000, accuracy: 0.6 }));
    const later = addOutcomes(alarmed, traffic({ count: 20_000, accuracy: 1, seed: 2 }));
    expect(advanceRollout(later, 3_000).state.kind).toBe('rolled-back');
  });

  it('adds nothing where one number is none', () => {
    const [good] = traffic({ count: 1 });
    const reward = { value: 1, weight: 1 };
    for (const wrong of [
      { latencyMs: NaN },
      { latencyMs: -1 },
      { costUsd: Infinity },
      { reward: { ...reward, value: 1.1 } },
      { reward: { ...reward, value: NaN } },
      { reward: { ...reward, weight: 0 } },
    ]) {
      expect(() => addOutcomes(start(), [good!, { ...good!, ...wrong }])).toThrow(InvalidDataError);
    }
  });

  it('refuses what it could not hold', () => {
    expect(() => start({ instead: 'b' })).toThrow(InvalidRequestError);
    for (const guard of [
      { alpha: 0 },
      { alpha: NaN },
      { rewardMargin: -1 },
      { costMargin: Infinity },
      { errorMargin: 1 },
    ]) {
      expect(() => start({ guard: { ...DEFAULT_GUARD, ...guard } })).toThrow(InvalidRequestError);
    }
    for (const pace of [{ outcomes: [1, 2] }, { outcomes: [0, 1, 2] }, { patienceMs: NaN }]) {
      expect(() => start({ pace: { ...DEFAULT_PACE, ...pace } })).toThrow(InvalidRequestError);
    }
  });
});
