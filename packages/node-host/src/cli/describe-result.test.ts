import type { Result, TraceEvent } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { describeResult } from './describe-result.js';

const verdict: Result['verdict'] = {
  kind: 'accept',
  reason: 'top',
  calibrated: true,
  certificate: undefined,
  degraded: undefined,
};
const RESULT: Result = {
  requestId: 'r',
  output: { kind: 'classification', label: 'freeze_account', alternatives: [], outOfScope: false },
  tier: 'base',
  placement: 'device',
  path: ['nano', 'base'],
  confidence: 0.9412,
  verdict,
  answer: { kind: 'label', labels: ['freeze_account'], label: 'freeze_account', confidence: undefined },
  costUsd: 0,
  sentBytes: 0,
  queued: undefined,
  trace: [],
};
const certificate = {
  maxRisk: 0.02,
  delta: 0.05,
  n: 90,
  wrong: 1,
  riskUpperBound: 0.019,
  threshold: 0.8911,
  coverage: 0.9,
};
const describeTrace = (...trace: TraceEvent[]): string =>
  describeResult({ ...RESULT, trace })
    .split('\n\n')
    .at(-1)!;

describe('the summary', () => {
  it('says what, how sure, by whom and why', () => {
    expect(describeResult(RESULT).trimEnd()).toBe(
      [
        'freeze_account',
        '',
        'confidence  94.1 % likely right',
        'in scope    yes',
        'answered    by nano + base on this device',
        'why         the largest model of the ladder answered',
        'request     r',
      ].join('\n'),
    );
  });

  it('marks a best answer that is not sure enough, and a score that is not calibrated', () => {
    const text = describeResult({
      ...RESULT,
      verdict: { ...verdict, kind: 'abstain', reason: 'risk', calibrated: false },
    });
    expect(text).toContain('freeze_account  (best answer, not sure enough)');
    expect(text).toContain('94.1 % likely right (not calibrated)');
    expect(text).toContain('below the confidence that the risk bound needs');
  });

  it('has words for every reason', () => {
    for (const reason of [
      'sure-enough',
      'not-worth-it',
      'top',
      'confidence',
      'risk',
      'uncertified',
      'language',
      'drift',
    ] as const) {
      const why = /^why +(.*)$/m.exec(describeResult({ ...RESULT, verdict: { ...verdict, reason } }));
      expect(why?.[1]).toMatch(/^[a-z].{8,}/);
    }
  });

  it('says why an answer is degraded', () => {
    for (const [degraded, words] of [
      ['deadline', 'deadline came'],
      ['tier-failed', 'could not be used'],
    ] as const) {
      expect(describeResult({ ...RESULT, verdict: { ...verdict, degraded } })).toContain(words);
    }
  });

  it('says what a certificate promises and on what it rests', () => {
    const text = describeResult({ ...RESULT, verdict: { ...verdict, certificate } });
    expect(text).toContain('at most 2.0 % of accepted answers are wrong (95.0 % sure; accepted from 0.891 on');
    expect(text).toContain('90.0 % of 100 calibration rows; holds for data like those');
  });

  it('describes an embedding by its size', () => {
    const embedding: Result = { ...RESULT, output: { kind: 'embedding', vector: [1, 0] }, confidence: undefined };
    const text = describeResult(embedding);
    expect(text).toMatch(/^embedding of 2 values\n/);
    expect(text).not.toMatch(/confidence|in scope/);
  });
});

describe('the steps', () => {
  it('name the ladder and what was left out of it', () => {
    const rejected = [{ tier: 'small', variant: 'int8', code: 'memory', message: 'it needs 70 MiB' }] as const;
    const text = describeTrace({
      kind: 'plan',
      atMs: 1,
      durationMs: 18.5,
      ladder: ['nano', 'base'],
      rejected,
      catalogRevision: 'c',
      ladderRevision: undefined,
    });
    expect(text).toBe('  plan    18.5 ms  nano -> base\n      without small int8: it needs 70 MiB');
  });

  it('say what a load and a run took', () => {
    const load = {
      kind: 'load',
      tier: 'base',
      durationMs: 192,
      bytes: 19_640_023,
      peakMemoryBytes: 76_649_779,
    } as const;
    const text = describeTrace(
      { ...load, atMs: 1, thread: 'worker' },
      {
        kind: 'run',
        atMs: 2,
        tier: 'base',
        variant: 'int8',
        durationMs: 3.9,
        waitedMs: 0,
        runMs: 3,
        tokens: 13,
        batch: 1,
      },
    );
    expect(text).toContain('192 ms  base: 18.7 MiB read, 73.1 MiB of memory, worker');
    expect(text).toContain('3.9 ms  base int8: 13 tokens');
  });

  it('say what was judged, against what, and why it climbed', () => {
    const judge = { kind: 'judge', atMs: 1, path: ['nano'], calibrated: true } as const;
    const text = describeTrace(
      { ...judge, verdict: 'escalate', reason: 'risk', confidence: 0.417, threshold: 0.891 },
      { ...judge, verdict: 'accept', reason: undefined, confidence: undefined, threshold: undefined },
      { kind: 'climb', atMs: 2, from: 'nano', to: 'base', reason: 'utility', gain: 0.301 },
      { kind: 'climb', atMs: 2, from: 'nano', to: 'base', reason: 'language', gain: -0.012 },
      { kind: 'climb', atMs: 2, from: 'nano', to: 'base', reason: 'risk', gain: undefined },
      { kind: 'stop', atMs: 3, reason: 'sure-enough', degraded: undefined },
    );
    expect(text).toContain('nano 41.7 % (needs 89.1 %): escalate, risk\n');
    expect(text).toContain('nano: acceptable\n');
    expect(text).toContain('nano -> base: worth its price (+30.1 points expected)\n');
    expect(text).toContain('nano -> base: not readable (-1.2 points expected)\n');
    expect(text).toContain('nano -> base: not sure enough\n');
    expect(text).toMatch(/stop +sure enough$/);
  });

  it('name what failed with what to do, and warnings', () => {
    const text = describeTrace(
      { kind: 'failed', atMs: 1, tier: 'base', code: 'ARTIFACT_CORRUPT', message: 'It is bad.', hint: 'Replace it.' },
      { kind: 'warning', atMs: 1, message: '702 tokens were cut' },
    );
    expect(text).toContain('base: ARTIFACT_CORRUPT It is bad. Replace it.');
    expect(text).toContain('702 tokens were cut');
  });
});
