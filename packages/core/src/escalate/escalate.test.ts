import { describe, expect, it } from 'vitest';
import type { LadderCalibration } from '../catalog/calibration.js';
import type { Judgement } from '../judge/judge.js';
import { exampleEvidence, exampleLadderOf, exampleRung } from '../testing/example-rungs.js';
import { escalate, type EscalateInput } from './escalate.js';

const all = ['nano', 'small', 'base'];
const ladder = exampleLadderOf(...all);

/** A ladder on which climbing from nano is expected to give these probabilities of being right. */
function withClimbs(
  expected: Readonly<Record<string, number>>,
  changes: Partial<LadderCalibration> = {},
): LadderCalibration {
  const climbs = Object.entries(expected).map(([tier, p]) => ({ tier, intercept: Math.log(p / (1 - p)), slope: 0 }));
  return { ...ladder, paths: ladder.paths.map((path) => ({ ...path, climbs })), ...changes };
}

const closedFor =
  (...ids: readonly string[]): EscalateInput['closed'] =>
  ({ tier }) =>
    ids.includes(tier.id) ? 'tier-failed' : undefined;

const accept = (confidence: number): Judgement => ({ kind: 'accept', confidence, calibrated: true });
const wantMore = (reason: 'confidence' | 'risk' | 'uncertified' | 'language', confidence = 0.5): Judgement => ({
  kind: 'escalate',
  reason,
  confidence,
  calibrated: true,
});

function next(judgement: Judgement, changes: Partial<EscalateInput> & { readonly at?: string } = {}) {
  const { at = 'nano', calibration = ladder } = changes;
  return escalate({
    judgement,
    evidence: exampleEvidence(at, calibration),
    ladder: all.map((id) => exampleRung(id)),
    leftMs: Infinity,
    loadMsOf: () => 0,
    canRead: () => true,
    closed: () => undefined,
    bounded: false,
    demanding: false,
    ...changes,
    calibration,
  });
}

describe('escalate', () => {
  it('accepts what is sure: a climb would cost more than it could give', () => {
    expect(next(accept(0.999))).toEqual({
      kind: 'stop',
      verdict: 'accept',
      reason: 'not-worth-it',
      degraded: undefined,
    });
  });

  it('climbs when that is worth its price, and says what it hopes to gain', () => {
    const calibration = withClimbs({ small: 0.7, base: 0.95 });
    const step = next(accept(0.6), { calibration });
    expect(step).toMatchObject({ kind: 'climb', reason: 'utility', rung: { tier: { id: 'base' } } });
    expect(step.kind === 'climb' && step.gain).toBeCloseTo(0.35, 9);
  });

  it('takes the rung that is worth most, skipping or not', () => {
    const near = withClimbs({ small: 0.9, base: 0.92 });
    expect(next(accept(0.6), { calibration: near })).toMatchObject({ rung: { tier: { id: 'small' } } });
    const far = withClimbs({ small: 0.7, base: 0.92 });
    expect(next(accept(0.6), { calibration: far })).toMatchObject({ rung: { tier: { id: 'base' } } });
  });

  it('must climb below what is demanded, even when no climb is worth its price', () => {
    const calibration = withClimbs({ small: 0.5, base: 0.5 });
    for (const reason of ['confidence', 'risk', 'uncertified', 'language'] as const) {
      expect(next(wantMore(reason, 0.8), { calibration })).toMatchObject({ kind: 'climb', reason });
    }
  });

  it('abstains at the top when what is demanded was not reached', () => {
    const top = { at: 'base' };
    expect(next(wantMore('risk'), top)).toEqual({
      kind: 'stop',
      verdict: 'abstain',
      reason: 'risk',
      degraded: undefined,
    });
    expect(next(accept(0.5), top)).toEqual({ kind: 'stop', verdict: 'accept', reason: 'top', degraded: undefined });
  });

  it('climbs rung by rung where no calibration says what a rung would add', () => {
    const evidence = exampleEvidence('nano', undefined);
    const blind = { calibration: undefined, evidence } as const;
    const input = {
      ...blind,
      ladder: all.map((id) => exampleRung(id)),
      leftMs: Infinity,
      loadMsOf: () => 0,
      canRead: () => true,
      closed: () => undefined,
      bounded: false,
      demanding: false,
    };
    expect(escalate({ ...input, judgement: wantMore('confidence') })).toMatchObject({
      rung: { tier: { id: 'small' } },
      gain: undefined,
    });
    expect(escalate({ ...input, judgement: accept(0.95) })).toMatchObject({
      kind: 'stop',
      reason: 'sure-enough',
      degraded: undefined,
    });
  });

  it('climbs from an unsure raw score, and accepts it at the top: nothing was demanded', () => {
    const unsure: Judgement = { kind: 'escalate', reason: 'uncalibrated', confidence: 0.5, calibrated: false };
    const input = {
      ladder: all.map((id) => exampleRung(id)),
      calibration: undefined,
      leftMs: Infinity,
      loadMsOf: () => 0,
      bounded: false,
      demanding: false,
    };
    const at = (id: string, failed: readonly string[] = []) =>
      escalate({
        ...input,
        judgement: unsure,
        evidence: exampleEvidence(id, undefined),
        canRead: () => true,
        closed: closedFor(...failed),
      });
    expect(at('nano')).toMatchObject({ kind: 'climb', reason: 'uncalibrated', rung: { tier: { id: 'small' } } });
    expect(at('base')).toMatchObject({ kind: 'stop', verdict: 'accept', reason: 'top', degraded: undefined });
    expect(at('small', ['base'])).toMatchObject({ kind: 'stop', verdict: 'accept', degraded: 'tier-failed' });
  });

  describe('with a deadline', () => {
    const rungs = [exampleRung('nano'), exampleRung('small', { p95Ms: 5 }), exampleRung('base', { p95Ms: 40 })];
    const calibration = withClimbs({ small: 0.8, base: 0.99 });

    it('takes the best rung that fits the time left', () => {
      expect(next(accept(0.5), { ladder: rungs, calibration, leftMs: 39 })).toMatchObject({
        rung: { tier: { id: 'small' } },
      });
      expect(next(accept(0.5), { ladder: rungs, calibration, leftMs: 40 })).toMatchObject({
        rung: { tier: { id: 'base' } },
      });
    });

    it('counts what must be loaded first', () => {
      const loadMsOf: EscalateInput['loadMsOf'] = ({ tier }) => (tier.id === 'base' ? 100 : 0);
      const input = { ladder: rungs, calibration, loadMsOf };
      expect(next(accept(0.5), { ...input, leftMs: 139 })).toMatchObject({ rung: { tier: { id: 'small' } } });
      expect(next(accept(0.5), { ...input, leftMs: 140 })).toMatchObject({ rung: { tier: { id: 'base' } } });
    });

    it('returns the best so far, degraded, when a climb it wanted does not fit', () => {
      const late = { ladder: rungs, calibration, leftMs: 3 };
      expect(next(accept(0.5), late)).toMatchObject({ kind: 'stop', verdict: 'accept', degraded: 'deadline' });
      expect(next(wantMore('risk'), late)).toMatchObject({ verdict: 'abstain', reason: 'risk', degraded: 'deadline' });
    });

    it('is not degraded when it would not have climbed anyway', () => {
      expect(next(accept(0.999), { ladder: rungs, calibration, leftMs: 3 })).toMatchObject({ degraded: undefined });
    });

    it('says when the answer itself came too late', () => {
      expect(next(accept(0.999), { ladder: rungs, calibration, leftMs: -1 })).toMatchObject({ degraded: 'deadline' });
      expect(next(accept(0.999), { at: 'base', leftMs: -1 })).toMatchObject({
        verdict: 'accept',
        degraded: 'deadline',
      });
    });
  });

  describe('with rungs that cannot be used', () => {
    const calibration = withClimbs({ small: 0.8, base: 0.99 });

    it('goes around a rung that failed', () => {
      expect(next(accept(0.5), { calibration, closed: closedFor('base') })).toMatchObject({
        rung: { tier: { id: 'small' } },
      });
    });

    it('is degraded when every rung it wanted has failed', () => {
      const closed = closedFor('small', 'base');
      expect(next(accept(0.5), { calibration, closed })).toMatchObject({ verdict: 'accept', degraded: 'tier-failed' });
      expect(next(wantMore('risk'), { calibration, closed })).toMatchObject({
        verdict: 'abstain',
        degraded: 'tier-failed',
      });
      expect(next(accept(0.9999), { calibration, closed })).toMatchObject({ verdict: 'accept', degraded: undefined });
    });

    it('is degraded when the rung it wanted is away, whatever comes too late beside it', () => {
      const rungs = [exampleRung('nano'), exampleRung('small', { p95Ms: 500 }), exampleRung('base')];
      const unwanted = withClimbs({ small: 0.1, base: 0.99 });
      const input = { ladder: rungs, calibration: unwanted, leftMs: 100, closed: closedFor('base') };
      expect(next(accept(0.5), input)).toMatchObject({ verdict: 'accept', degraded: 'tier-failed' });
    });

    it('never climbs to a rung that cannot read the text', () => {
      const canRead: EscalateInput['canRead'] = ({ tier }) => tier.id === 'base';
      expect(next(wantMore('language'), { canRead })).toMatchObject({ kind: 'climb', rung: { tier: { id: 'base' } } });
      const nobody = { canRead: () => false };
      expect(next(wantMore('language'), nobody)).toEqual({
        kind: 'stop',
        verdict: 'abstain',
        reason: 'language',
        degraded: undefined,
      });
    });
  });
});
