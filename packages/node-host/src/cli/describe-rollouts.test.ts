import { addOutcomes, advanceRollout, startRollout, steerRollout, type RolloutOutcome } from '@terrace/core/deploy';
import { describe, expect, it } from 'vitest';
import { describeRollouts, rolloutJson } from './describe-rollouts.js';

const started = startRollout({ id: 'b-1', model: 'b', instead: 'a', unit: 'request', atWallMs: 0 });

const outcomes = (count: number, value: number): RolloutOutcome[] =>
  Array.from({ length: count }, (_, i) => {
    const side = i % 2 === 0 ? 'new' : 'old';
    return { side, reward: { value: side === 'new' ? value : 1, weight: 1 }, latencyMs: 5, costUsd: 0, failed: false };
  });

describe('rollouts in words', () => {
  it('say so where there are none', () => {
    expect(describeRollouts([], 0)).toBe('no rollouts');
  });

  it('say what they wait for', () => {
    const text = describeRollouts([addOutcomes(started, outcomes(60, 1))], 0);
    expect(text).toContain('b-1: b instead of a, under way');
    expect(text).toContain('at 1.0 %, waits for 70 more labelled answers, by request');
    expect(text).toContain('wrong');
    expect(text).toContain('getting to know the old model');
    expect(describeRollouts([started], 30 * 86_400_000)).toContain('which takes long');
  });

  it('say why they were taken back', () => {
    const bad = advanceRollout(addOutcomes(started, outcomes(600, 0)), Date.UTC(2026, 10, 1));
    expect(describeRollouts([bad], 0)).toContain('taken back 2026-11-01T00:00Z: its reward became worse');
    expect(describeRollouts([steerRollout(started, 'roll-back', 0)], 0)).toContain('taken back by a person');
  });

  it('are whole in JSON, with their share', () => {
    const json = JSON.parse(JSON.stringify(rolloutJson(started, 0)));
    expect(json).toMatchObject({ id: 'b-1', share: 0.01, waits: { outcomes: 100, isOverdue: false } });
  });
});
