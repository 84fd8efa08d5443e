import type { PilotFinding, PilotReport } from '@terrace/core/deploy';
import { describe, expect, it } from 'vitest';
import { describePilot } from './describe-pilot.js';

const finding = (changes: Partial<PilotFinding> = {}): PilotFinding => ({
  metric: 'accuracy',
  goal: { kind: 'absolute', value: 0.9 },
  value: 0.95,
  baseline: undefined,
  interval: [0.92, 0.97],
  met: 'yes',
  missing: undefined,
  ...changes,
});

const report = (changes: Partial<PilotReport> = {}): PilotReport => ({
  plan: {
    name: 'autumn',
    domain: undefined,
    kpis: [],
    baseline: { kind: 'figures', figures: {} },
    fromWallMs: Date.UTC(2026, 10, 1),
    toWallMs: Date.UTC(2026, 11, 25),
    leastRequests: 200,
  },
  requests: 1_000,
  labelled: 300,
  labels: 'audits',
  isFinal: true,
  verdict: 'go',
  findings: [finding()],
  ...changes,
});

const later = Date.UTC(2027, 0, 1);

describe('a pilot in words', () => {
  it('has its verdict first', () => {
    expect(describePilot(report(), later).split('\n')).toEqual([
      'autumn: go',
      '  2026-11-01T00:00Z to 2026-12-25T00:00Z; 1000 requests, 300 labelled by looks that were drawn',
      '  KPI       goal             seen    interval (95 % for all)  baseline  met',
      '  accuracy  at least 90.0 %  95.0 %  92.0 % to 97.0 %         -         yes',
    ]);
  });

  it('says before the end that it only describes, and whose word labels are', () => {
    const text = describePilot(report({ isFinal: false, verdict: 'open', labels: 'feedback' }), later);
    expect(text).toContain('no verdict before its end; so far it looks like a go, which only describes');
    expect(text).toContain('who are no fair sample');
  });

  it('says what is missing', () => {
    const open = { met: 'open', interval: [0.88, 0.97] } as const;
    const findings = [
      finding({ ...open, missing: { count: 140, of: 'labels' } }),
      finding({
        metric: 'costUsd',
        goal: { kind: 'relative', value: 0.8 },
        value: 0.0012,
        baseline: 0.002,
        ...open,
        interval: [0.5, 0.9],
      }),
    ];
    const text = describePilot(report({ verdict: 'open', findings }), later);
    expect(text).toContain('open at its end: neither a go nor a no-go');
    expect(text).toContain('accuracy: about 140 more labelled answers would tell');
    expect(text).toContain('at most 0.8 x');
    expect(text).toContain('0.50 to 0.90 x');
    expect(text).toContain('costUsd: nobody can say');
  });

  it('says what it needs before it can say anything', () => {
    const nothing = { met: 'open', interval: undefined } as const;
    const findings = [
      finding({ ...nothing, missing: { count: 60, of: 'requests' } }),
      finding({ ...nothing, value: undefined }),
      finding({ ...nothing, metric: 'p95Ms', value: undefined }),
    ];
    const text = describePilot(report({ verdict: 'open', labelled: 0, findings }), later);
    expect(text).toContain('none of them labelled');
    expect(text).toContain('accuracy: 60 more requests are needed first');
    expect(text).toContain('accuracy: no answer was labelled');
    expect(text).toContain('p95Ms: nothing was seen of it');
  });

  it('says that it has not begun by this clock', () => {
    expect(describePilot(report({ requests: 0 }), 0)).toContain('begins 2026-11-01T00:00Z: this clock is before that');
  });
});
