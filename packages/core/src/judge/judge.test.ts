import { describe, expect, it } from 'vitest';
import type { TierAnswer } from '../tasks/answer.js';
import { fuseLogProbs } from '../tasks/text-classification/label-scores.js';
import { exampleEvidence, exampleLadderOf, exampleTestimony } from '../testing/example-rungs.js';
import { addTestimony, judge, type Demand, type Evidence } from './judge.js';
import type { Certificate } from './risk-control.js';

const ladder = exampleLadderOf('nano', 'base');
const NANO = [2, 1, 0, 0, 0];
const BASE = [0, 3, 0, 0, 0];
const scoresOf = ({ answer }: { readonly answer: TierAnswer }): number[] =>
  answer.kind === 'scores' ? Array.from(answer.logProbs) : [];

describe('addTestimony', () => {
  const first = addTestimony(undefined, exampleTestimony('nano', NANO), ladder);

  it('reads a first answer through the calibration of its path', () => {
    expect(first.path).toEqual(['nano']);
    expect(first.calibration).toBe(ladder.paths[0]);
  });

  it('fuses the scores of a climb with those before', () => {
    const [nano, base] = [exampleTestimony('nano', NANO), exampleTestimony('base', BASE)];
    const { path, answer, calibration, testimonies } = addTestimony(first, base, ladder);
    expect(path).toEqual(['nano', 'base']);
    expect(calibration?.tiers).toEqual(['nano', 'base']);
    expect(testimonies).toHaveLength(2);
    const scores = [nano, base].map((each) => Float64Array.from(scoresOf(each)));
    expect(scoresOf({ answer })).toEqual(Array.from(fuseLogProbs(scores, [0.5, 0.5])));
  });

  it('fuses over the same labels in another order', () => {
    const base = exampleTestimony('base', BASE);
    const labels = base.answer.kind === 'scores' ? base.answer.labels : [];
    const logProbs = Float64Array.from(scoresOf(base).toReversed());
    const turned = { kind: 'scores', labels: labels.toReversed(), logProbs } as const;
    const straight = addTestimony(first, base, ladder);
    const { answer } = addTestimony(first, { ...base, answer: turned }, ladder);
    expect(answer.kind === 'scores' && answer.labels).toEqual(turned.labels);
    expect(scoresOf({ answer }).toReversed()).toEqual(
      scoresOf(straight).map((each) => expect.closeTo(each, 12) as number),
    );
  });

  it('lets the higher tier replace what was there when the labels are others', () => {
    const answer = { kind: 'scores', labels: ['x', 'y'], logProbs: Float64Array.of(-0.1, -2.4) } as const;
    const after = addTestimony(first, exampleTestimony('base', BASE, { answer }), ladder);
    expect(after).toMatchObject({ path: ['base'], answer, calibration: undefined });
    expect(after.testimonies).toHaveLength(2);
  });

  it('lets an answer without scores replace what was there', () => {
    const answer = { kind: 'embedding', vector: Float32Array.of(1, 0) } as const;
    expect(addTestimony(first, exampleTestimony('base', BASE, { answer }), ladder)).toMatchObject({
      path: ['base'],
      answer,
    });
  });

  it('does not fuse a path that was not calibrated', () => {
    const uncalibrated = addTestimony(undefined, exampleTestimony('nano', NANO), undefined);
    const after = addTestimony(uncalibrated, exampleTestimony('base', BASE), undefined);
    expect(after).toMatchObject({ path: ['base'], calibration: undefined });
  });
});

describe('judge', () => {
  const nothing: Demand = {
    minConfidence: undefined,
    maxRisk: undefined,
    certificate: undefined,
    readable: true,
    distrusted: false,
  };
  const certificate: Certificate = {
    maxRisk: 0.02,
    delta: 0.05,
    n: 900,
    wrong: 3,
    riskUpperBound: 0.01,
    threshold: 0.8,
    coverage: 0.9,
  };
  const sure = (confidence: number): Evidence => exampleEvidence('nano', ladder, confidence);
  const raw = (confidence: number): Evidence => exampleEvidence('nano', undefined, confidence);

  it('accepts calibrated evidence when nothing is demanded: whether to climb is a matter of worth', () => {
    expect(judge(sure(0.4), nothing)).toEqual({
      kind: 'accept',
      confidence: expect.closeTo(0.4, 6) as number,
      calibrated: true,
    });
  });

  it('wants uncalibrated evidence to be very sure', () => {
    expect(judge(raw(0.91), nothing)).toMatchObject({ kind: 'accept', calibrated: false });
    expect(judge(raw(0.89), nothing)).toMatchObject({ kind: 'escalate', reason: 'uncalibrated', calibrated: false });
    expect(judge(raw(0.89), { ...nothing, minConfidence: 0.8 }).kind).toBe('accept');
    expect(judge(raw(0.89), { ...nothing, minConfidence: 0.95 })).toMatchObject({ reason: 'confidence' });
  });

  it('holds the confidence against what is demanded', () => {
    const demand = { ...nothing, minConfidence: 0.7 };
    expect(judge(sure(0.71), demand).kind).toBe('accept');
    expect(judge(sure(0.69), demand)).toMatchObject({ kind: 'escalate', reason: 'confidence' });
  });

  it('holds the confidence against the threshold of the certificate', () => {
    const demand = { ...nothing, maxRisk: 0.02, certificate };
    expect(judge(sure(0.81), demand).kind).toBe('accept');
    expect(judge(sure(0.79), demand)).toMatchObject({ kind: 'escalate', reason: 'risk' });
  });

  it('wants both the threshold and the demanded confidence', () => {
    const demand = { ...nothing, maxRisk: 0.02, certificate, minConfidence: 0.9 };
    expect(judge(sure(0.85), demand)).toMatchObject({ kind: 'escalate', reason: 'confidence' });
  });

  it('claims no bound without a certificate or over a path that was not calibrated', () => {
    expect(judge(sure(0.999), { ...nothing, maxRisk: 0.02 })).toMatchObject({
      kind: 'escalate',
      reason: 'uncertified',
    });
    const demand = { ...nothing, maxRisk: 0.02, certificate };
    expect(judge(raw(0.999), demand)).toMatchObject({ kind: 'escalate', reason: 'uncertified' });
  });

  it('accepts no text it cannot read, however sure it seems', () => {
    const unreadable = { ...nothing, readable: false };
    expect(judge(sure(0.999), unreadable)).toMatchObject({ kind: 'escalate', reason: 'language' });
  });

  it('accepts an embedding, which has no confidence', () => {
    const answer = { kind: 'embedding', vector: Float32Array.of(1) } as const;
    const evidence: Evidence = { ...raw(0.5), answer };
    const demand = { ...nothing, minConfidence: 0.99, maxRisk: 0.01 };
    expect(judge(evidence, demand)).toEqual({ kind: 'accept', confidence: undefined, calibrated: false });
  });
});

describe('a label without scores', () => {
  const labelled = (confidence: number | undefined): Evidence => {
    const answer = { kind: 'label', labels: ['balance', 'transfer'], label: 'transfer', confidence } as const;
    const first = addTestimony(undefined, exampleTestimony('nano', NANO), ladder);
    return addTestimony(first, exampleTestimony('base', BASE, { answer }), ladder);
  };
  const demand = {
    minConfidence: undefined,
    maxRisk: undefined,
    certificate: undefined,
    readable: true,
    distrusted: false,
  };

  it('replaces what was there, and no calibration speaks of it', () => {
    expect(labelled(0.9)).toMatchObject({ path: ['base'], answer: { label: 'transfer' }, calibration: undefined });
  });

  it('is accepted where nothing is demanded', () => {
    expect(judge(labelled(0.95), demand)).toMatchObject({ kind: 'accept', confidence: 0.95, calibrated: false });
    expect(judge(labelled(undefined), demand)).toMatchObject({ kind: 'accept', confidence: undefined });
  });

  it('meets a demand for confidence by what is known of it, and by nothing where nothing is known', () => {
    const sure = { ...demand, minConfidence: 0.9 };
    expect(judge(labelled(0.95), sure)).toMatchObject({ kind: 'accept' });
    expect(judge(labelled(0.8), sure)).toMatchObject({ kind: 'escalate', reason: 'confidence' });
    expect(judge(labelled(undefined), sure)).toMatchObject({ kind: 'escalate', reason: 'confidence' });
  });

  it('never meets a bound', () => {
    for (const confidence of [0.999, undefined])
      expect(judge(labelled(confidence), { ...demand, maxRisk: 0.1 })).toMatchObject({
        kind: 'escalate',
        reason: 'uncertified',
      });
  });
});
